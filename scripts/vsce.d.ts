// What is used of @vscode/vsce, which brings no types.
declare module '@vscode/vsce' {
  export function createVSIX(options: {
    cwd: string;
    packagePath: string;
    dependencies: boolean;
    allowMissingRepository: boolean; rewriteRelativeLinks: boolean;
  }): Promise<void>;
}
