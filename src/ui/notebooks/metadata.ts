// What a notebook has attached, as it stands in its file: under the key of Rucio's JupyterLab extension exactly as that one keeps it, and
// beside it, under a key of our own, what it does not know. A notebook goes back and forth between the two. Knows nothing of VS Code.
import type { Attachment, DIDType } from '../../protocol.ts';

/** rucio-jupyterlab 41: [{ did, type, variableName }], gone when it is empty. */
const THEIRS = 'rucio_attachments';
/** { attachments: { [variableName]: { did, instance, didType, remote, protocol } } }; an entry counts only for the same DID. */
const OURS = 'rucio_datalake';

export interface NotebookAttachment extends Attachment {
  /** As it was when it was attached. */
  readonly didType?: DIDType;
}

type Json = Readonly<Record<string, unknown>>;

/** A notebook may come from anywhere: what is not as it should be is passed over. */
export function attachmentsIn(metadata: Json): NotebookAttachment[] {
  const extras = extrasIn(metadata);
  const seen = new Set<string>();
  return rowsIn(metadata).filter(isAttachment).flatMap(({ did, type, variableName }) => {
    if (seen.has(variableName)) return [];
    seen.add(variableName);
    const extra = Object.hasOwn(extras, variableName) ? extras[variableName] : undefined;
    const plain = { variableName, did, type: type === 'file' ? 'file' as const : 'collection' as const };
    if (!isObject(extra) || extra.did !== did) return [plain];
    const { instance, didType, remote, protocol } = extra;
    return [{
      ...plain,
      ...(typeof instance === 'string' && { instance }), ...(isDidType(didType) && { didType }), ...(remote === true && { remote: true }), ...(typeof protocol === 'string' && { protocol }),
    }];
  });
}

/** The notebook's metadata with these attachments in place of its own. What stands there and is no attachment stays. */
export function withAttachments(metadata: Json, attachments: readonly NotebookAttachment[]): Record<string, unknown> {
  const { [THEIRS]: _, [OURS]: ours, ...rest } = metadata;
  const rows: unknown[] = [
    ...attachments.map(({ did, type, variableName }) => ({ did, type, variableName })),
    ...rowsIn(metadata).filter((row) => !isAttachment(row)),
  ];
  const extras = attachments.flatMap(({ variableName, did, instance, didType, remote, protocol }) => {
    const extra = { ...(instance !== undefined && { instance }), ...(didType !== undefined && { didType }), ...(remote && { remote }), ...(protocol !== undefined && { protocol }) };
    return Object.keys(extra).length > 0 ? [[variableName, { did, ...extra }] as const] : [];
  });
  const { attachments: __, ...others } = isObject(ours) ? ours : {};
  const mine = { ...others, ...(extras.length > 0 && { attachments: Object.fromEntries(extras) }) };
  return { ...rest, ...(rows.length > 0 && { [THEIRS]: rows }), ...(Object.keys(mine).length > 0 && { [OURS]: mine }) };
}

function rowsIn(metadata: Json): readonly unknown[] {
  const rows = metadata[THEIRS];
  return Array.isArray(rows) ? rows : [];
}

function extrasIn(metadata: Json): Json {
  const ours = metadata[OURS];
  return isObject(ours) && isObject(ours.attachments) ? ours.attachments : {};
}

function isAttachment(row: unknown): row is { readonly did: string; readonly type: unknown; readonly variableName: string } {
  return isObject(row) && typeof row.did === 'string' && /^[^:]+:./su.test(row.did) && typeof row.variableName === 'string' && row.variableName !== '';
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null && !Array.isArray(value);

const isDidType = (value: unknown): value is DIDType => value === 'FILE' || value === 'DATASET' || value === 'CONTAINER';
