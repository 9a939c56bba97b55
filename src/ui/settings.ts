// What this window tells the lake service about itself (settings, network, the pod's variables), and when that changes.
import * as vscode from 'vscode';
import { podEnvironment, proxyEnvironment } from '../client/environment.ts';
import type { Hello, NetworkSettings, ProgramChoice } from '../protocol.ts';
import { registerCommand } from './commands.ts';
import type { UiContext } from './context.ts';
import { commands, settings } from './contributions.ts';

/** Read anew at every connection. Our settings have machine scope: a workspace can't set them, trusted or not. */
export function hello(extension: vscode.ExtensionContext): Omit<Hello, 'proof'> {
  const instances: unknown = vscode.workspace.getConfiguration().get(settings.instances) ?? [];
  return {
    version: String((extension.extension.packageJSON as { version?: unknown }).version),
    client: 'window',
    label: vscode.workspace.name ?? 'a window without a folder',
    pid: process.pid,
    instances,
    network: network(),
    env: podEnvironment(process.env, instances),
    hubTokenUrl: vscode.workspace.getConfiguration().get<string>(settings.hubTokenUrl) ?? '',
    throttle: vscode.workspace.getConfiguration().get<number>(settings.throttle) ?? 0,
    programs: programs(),
    interactive: true,
    linger: vscode.env.remoteName === undefined ? LINGER.local : LINGER.remote,
  };
}

/** Seconds: on a desktop the service ends soon after its last window; on a server a closed tab may come back. */
const LINGER = { local: 10, remote: 600 };

function network(): NetworkSettings {
  const http = vscode.workspace.getConfiguration('http');
  const own = { proxy: http.get<string>('proxy')?.trim(), noProxy: http.get<string[]>('noProxy') ?? [] };
  const usual = proxyEnvironment(process.env);
  // As VS Code does, for each of the two: its own setting, else the usual variables.
  const proxy = own.proxy || usual.proxy;
  const noProxy = own.noProxy.length > 0 ? own.noProxy : usual.noProxy ?? [];
  const way = http.get<string>('proxySupport') === 'off' ? {} : { noProxy, ...(proxy ? { proxy } : {}) };
  return {
    ...way,
    proxyStrictSSL: http.get<boolean>('proxyStrictSSL') ?? true,
    systemCertificates: http.get<boolean>('systemCertificates') ?? true,
  };
}

function programs(): ProgramChoice {
  const text = (key: string): string => vscode.workspace.getConfiguration().get<string>(key)?.trim() ?? '';
  const tokenFiles = text(settings.programsTokenFiles);
  return {
    instance: text(settings.programsInstance),
    paths: vscode.workspace.getConfiguration().get<Record<string, string>>(settings.programsPaths) ?? {},
    settings: {
      tokenFiles: tokenFiles === 'on' || tokenFiles === 'off' ? tokenFiles : 'auto',
      rucioTokenFile: text(settings.programsRucioTokenFile), rucioAudience: text(settings.programsRucioAudience),
      eosTokenFile: text(settings.programsEosTokenFile), eosAudience: text(settings.programsEosAudience), eosIntrospection: text(settings.programsEosIntrospection),
    },
  };
}

const PROGRAMS = [
  settings.programsInstance, settings.programsPaths, settings.programsTokenFiles, settings.programsRucioTokenFile, settings.programsRucioAudience,
  settings.programsEosTokenFile, settings.programsEosAudience, settings.programsEosIntrospection,
];
const NETWORK = ['http.proxy', 'http.noProxy', 'http.proxyStrictSSL', 'http.proxySupport', 'http.systemCertificates'];

export function registerSettings(ui: UiContext): vscode.Disposable {
  const tell = async (shown = true): Promise<void> => {
    try {
      if (await ui.client.reconfigure() && shown) ui.newInstances.fire();
    } catch (error) {
      await ui.showFailure(error, { retry: tell });
    }
  };
  return vscode.Disposable.from(
    vscode.workspace.onDidChangeConfiguration((change) => {
      const changed = (keys: readonly string[]): boolean => keys.some((key) => change.affectsConfiguration(key));
      if (changed([settings.instances, settings.hubTokenUrl, ...NETWORK])) void tell();
      else if (changed([...PROGRAMS, settings.throttle])) void tell(false);
    }),
    registerCommand(ui, commands.openSettings, () => vscode.commands.executeCommand('workbench.action.openSettings', `@ext:${ui.extension.extension.id}`)),
  );
}
