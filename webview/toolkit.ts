// The only module that knows @vscode/webview-ui-toolkit: it registers the components that our pages use. The toolkit is no
// longer developed; should it have to go, this is the place, and pages keep writing <vscode-button>.
import { provideVSCodeDesignSystem, vsCodeButton } from '@vscode/webview-ui-toolkit';

export function registerComponents(): void {
  provideVSCodeDesignSystem().register(vsCodeButton());
}

/** A button of the editor's look; `press` also on Enter and Space. */
export function button(label: string, appearance: 'primary' | 'secondary', press: () => void): HTMLElement {
  const element = document.createElement('vscode-button');
  element.setAttribute('appearance', appearance);
  element.textContent = label;
  element.addEventListener('click', press);
  return element;
}
