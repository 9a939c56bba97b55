// Messages of a kernel as outputs of a cell, with the mime types that the real extension gives.
import type { KernelMessage } from '@jupyterlab/services';
import * as vscode from 'vscode';

/** undefined: the message is no output. */
export function outputOf(message: KernelMessage.IIOPubMessage): vscode.NotebookCellOutput | undefined {
  const { content } = message;
  switch (message.header.msg_type) {
    case 'stream': {
      const { name, text } = content as KernelMessage.IStreamMsg['content'];
      return new vscode.NotebookCellOutput([name === 'stderr' ? vscode.NotebookCellOutputItem.stderr(text) : vscode.NotebookCellOutputItem.stdout(text)], { outputType: 'stream' });
    }
    case 'error': {
      const { ename: name, evalue, traceback } = content as KernelMessage.IErrorMsg['content'];
      return new vscode.NotebookCellOutput([vscode.NotebookCellOutputItem.error({ name, message: evalue, stack: traceback.join('\n') })], { outputType: 'error' });
    }
    case 'display_data':
    case 'execute_result': {
      const { data } = content as KernelMessage.IDisplayDataMsg['content'];
      const items = Object.entries(data).map(([mime, value]) => new vscode.NotebookCellOutputItem(Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)), mime));
      return new vscode.NotebookCellOutput(items, { outputType: message.header.msg_type });
    }
    default: return undefined;
  }
}
