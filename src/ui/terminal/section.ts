// What *Show Configuration* says about other programs: as whom terminals are signed in, and which programs there are.
import type { FoundProgram } from '../../protocol.ts';
import type { TerminalState } from './programs.ts';

/** Lines without their indent. `found`: undefined while it is still being looked for. */
export function programLines({ enabled, environment, variables, left, problem }: TerminalState, found: readonly FoundProgram[] | string | undefined): string[] {
  return [...terminals(), ...(typeof found === 'string' ? [found] : found === undefined ? ['looking for programs…'] : found.map(programLine))];

  function terminals(): string[] {
    if (!enabled) return ['Terminals are left as they are (rucio.programs.terminals is off).'];
    if (problem !== undefined) return [`Terminals are not signed in: ${problem}`];
    if (!environment) return ['Terminals: nobody needed a sign-in in one yet.'];
    const { account, displayName, problems } = environment;
    return [
      account === undefined ? `Terminals are not signed in: nobody is signed in to ${displayName}.` : `Terminals are signed in as ${account} at ${displayName}${left.length > 0 ? ', as far as this machine lets them' : ''}.`,
      ...Object.entries(variables).map(([name, value]) => `${name} = ${value}`),
      ...left.map((name) => `left alone: ${name}, which this machine sets itself. “Use This Instance in Terminals…” puts ours in its place.`),
      ...problems,
    ];
  }
}

function programLine({ name, path, by, looked }: FoundProgram): string {
  if (path !== undefined) return `${name}: ${path} (by ${by ?? 'chance'})`;
  return `${name}: not found. Looked in: ${looked.join('; ')}. If it is elsewhere, name it in rucio.programs.paths.`;
}
