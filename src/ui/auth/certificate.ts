// Asks where a certificate and its key lie, on the machine where the lake service runs. Only paths are asked for: the
// service reads the files, and asks for a passphrase when it meets an encrypted key.
import os from 'node:os';
import path from 'node:path';
import * as vscode from 'vscode';
import type { Credentials } from '../../protocol.ts';
import type { CredentialsQuestion } from './credentials.ts';
import { askInBox, BACK, checked, OTHER, step } from './inputBox.ts';

const BROWSE: vscode.QuickInputButton = { iconPath: new vscode.ThemeIcon('folder-opened'), tooltip: 'Choose a File…' };

/** Where the grid's tools look for them. */
const USUAL = { certificate: path.join(os.homedir(), '.globus', 'usercert.pem'), key: path.join(os.homedir(), '.globus', 'userkey.pem') };

/** Back goes to the step before, which still has what was typed there. undefined = dismissed. */
export async function askCertificate(question: CredentialsQuestion): Promise<Credentials | typeof BACK | undefined> {
  const known = question.last ?? question.known;
  let certificate = known?.certificate ?? (await exists(USUAL.certificate) ? USUAL.certificate : '');
  let key = known?.key;
  for (let at: 'certificate' | 'key' = 'certificate'; ;) {
    const made = (typed: string): Credentials => ({ method: 'x509', certificate, ...(typed.trim() === '' ? {} : { key: full(typed) }), ...(known?.account === undefined ? {} : { account: known.account }) });
    const value = await askInBox(at === 'certificate'
      ? { ...step(question, 2, 3), prompt: 'File of your certificate (PEM)', placeholder: USUAL.certificate, value: certificate, other: BROWSE, problem: (text) => notFull(text) ?? (text.trim() === '' ? 'Type or choose the file.' : undefined) }
      : { ...step(question, 3, 3), prompt: 'File of its key', placeholder: 'Empty: in the same file', value: key ?? await keyBeside(certificate), other: BROWSE, problem: notFull, ...checked(question.check, made) });
    if (value === undefined || (value === BACK && at === 'certificate')) return value;
    if (value === BACK) at = 'certificate';
    else if (value === OTHER) {
      const chosen = await browse(at === 'certificate' ? 'Your Certificate' : 'Its Key');
      if (at === 'certificate') certificate = chosen ?? certificate;
      else key = chosen ?? key;
    } else if (at === 'certificate') {
      if (full(value) !== known?.certificate) key = undefined;
      certificate = full(value);
      at = 'key';
    } else return made(value);
  }
}

function full(typed: string): string {
  const text = typed.trim();
  return text.startsWith('~/') ? path.join(os.homedir(), text.slice(2)) : text;
}

function notFull(typed: string): string | undefined {
  return typed.trim() === '' || path.isAbsolute(full(typed)) ? undefined : 'Type the full path of the file.';
}

async function browse(title: string): Promise<string | undefined> {
  const [file] = await vscode.window.showOpenDialog({ title, canSelectMany: false, defaultUri: vscode.Uri.file(path.dirname(USUAL.certificate)) }) ?? [];
  return file?.fsPath;
}

/** userkey.pem beside usercert.pem, alice.key beside alice.pem; '' where there is none. */
async function keyBeside(certificate: string): Promise<string> {
  const { dir, name } = path.parse(certificate);
  for (const file of [...(name.includes('cert') ? [path.join(dir, `${name.replace('cert', 'key')}.pem`)] : []), path.join(dir, `${name}.key`)]) {
    if (file !== certificate && await exists(file)) return file;
  }
  return '';
}

async function exists(file: string): Promise<boolean> {
  return vscode.workspace.fs.stat(vscode.Uri.file(file)).then(() => true, () => false);
}
