// What can be done with a transfer, by its state: one answer for the menu of its row and for a command on several rows.
import type { TransferAction, TransferInfo } from '../../protocol.ts';

type Facts = Pick<TransferInfo, 'state' | 'files'>;

const over = ({ state }: Facts): boolean => state === 'done' || state === 'cancelled';

const FITS: Readonly<Record<TransferAction, (transfer: Facts) => boolean>> = {
  pause: ({ state }) => state === 'running',
  resume: ({ state }) => state === 'paused' || state === 'stopped' || state === 'waiting',
  retry: (transfer) => over(transfer) && (transfer.files.failed > 0 || transfer.state === 'cancelled'),
  first: (transfer) => !over(transfer),
  cancel: (transfer) => !over(transfer),
  clear: over,
};

/** As the menus' conditions test them. */
export const actionsOf = (transfer: Facts): readonly TransferAction[] => (Object.keys(FITS) as TransferAction[]).filter((action) => FITS[action](transfer));

/** Those of the selected that it can be done with; all of them when there is none, so that the service says why. One that is not known here counts as one. */
export function fitting(action: TransferAction, ids: readonly string[], get: (id: string) => Facts | undefined): readonly string[] {
  const fit = ids.filter((id) => {
    const transfer = get(id);
    return transfer === undefined || FITS[action](transfer);
  });
  return fit.length > 0 ? fit : ids;
}
