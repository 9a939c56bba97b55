// `datalake make-available` and `rule`: what Rucio moves for you.
import * as protocol from '../protocol.ts';
import type { RuleProgress } from '../protocol.ts';
import { type Asked, type Command, didOf } from './command.ts';
import { bar } from './words.ts';

function line({ rule, percent }: RuleProgress): string {
  const { scope, name, rse_expression: rse, state, id, error } = rule;
  return `${id}  ${state.padEnd(16)}  ${percent === null ? '' : `${Math.floor(percent)} %  `}${scope}:${name} to ${rse}${error ? `\n  Rucio says: ${error}` : ''}`;
}

async function followed({ client, screen, json, signal }: Asked, instance: string, id: string): Promise<RuleProgress> {
  const last = await client.stream(protocol.followRule, protocol.ruleProgress, (progress) => ({ instance, id, progress }), ({ rule, percent }) => {
    if (!json) screen.over(`${bar((percent ?? 0) / 100)} ${Math.floor(percent ?? 0)} %  ${rule.state.toLowerCase()}`);
  }, { signal });
  screen.over('');
  return last;
}

export const makeAvailable: Command = {
  usage: 'make-available [--no-wait] SCOPE:NAME…', what: 'has data brought to this site’s storage, and waits until it is there', words: [1, 1000], options: { 'no-wait': { type: 'boolean' } },
  async run(asked) {
    const { client, positionals, values, screen, json, signal } = asked;
    const instance = await asked.instance();
    const made: RuleProgress[] = [];
    for (const did of positionals.map(didOf)) {
      let progress = await client.request(protocol.makeAvailable, { instance, did }, signal);
      if (!json) for (const note of progress.notes) screen.error(`note: ${note}`);
      if (!values['no-wait'] && progress.moving) progress = await followed(asked, instance, progress.rule.id);
      made.push(progress);
      if (!json) screen.line(line(progress));
    }
    if (json) screen.line(JSON.stringify(made, null, 2));
    return values['no-wait'] || made.every(({ rule }) => rule.state === 'OK') ? 0 : 1;
  },
};

export const rule: Command = {
  usage: 'rule [--wait] ID', what: 'how a replication rule is', words: [1, 1], options: { wait: { type: 'boolean' } },
  async run(asked) {
    const { client, positionals: [id = ''], values, screen, json, signal } = asked;
    const instance = await asked.instance();
    let progress = await client.request(protocol.getRule, { instance, id }, signal);
    if (values['wait'] && progress.moving) progress = await followed(asked, instance, id);
    screen.line(json ? JSON.stringify(progress, null, 2) : `${line(progress)}${progress.webuiUrl === undefined ? '' : `\n${progress.webuiUrl}`}`);
    return 0;
  },
};
