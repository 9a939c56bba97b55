// How commands on rules are told which one is meant.

/** From pages, views and keybindings. */
export interface RuleRef {
  readonly instance: string;
  readonly id: string;
}

/** Of { instance, id } or { instance, ruleId }; nothing in it is believed. A DID, or a tree's node of one, is none unless it has a ruleId. */
export function ruleRefOf(value: unknown): RuleRef | undefined {
  if (typeof value !== 'object' || value === null || !('instance' in value) || typeof value.instance !== 'string') return undefined;
  if (!('ruleId' in value) && ('scope' in value || 'ref' in value)) return undefined;
  const id = 'ruleId' in value ? value.ruleId : 'id' in value ? value.id : undefined;
  return typeof id === 'string' && /^[0-9a-f-]{1,64}$/i.test(id) ? { instance: value.instance, id } : undefined;
}
