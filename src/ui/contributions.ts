// Every id that package.json and the code share: commands, views, settings, context keys, colours. Nothing else in the
// code writes such an id out; `npm run lint` holds this file and the manifest to the same set, both ways.

export const commands = {
  // src/ui/auth
  signIn: 'rucio.signIn',
  signOut: 'rucio.signOut',
  // src/ui/explorer
  searchDids: 'rucio.searchDids',
  refresh: 'rucio.refresh',
  refreshNode: 'rucio.refreshNode',
  loadMore: 'rucio.loadMore',
  retry: 'rucio.retry',
  filterByType: 'rucio.filterByType',
  revealInExplore: 'rucio.revealInExplore',
  showParents: 'rucio.showParents',
  clearResults: 'rucio.clearResults',
  unpin: 'rucio.unpin',
  // src/ui/rules, src/ui/ruleStatus
  makeAvailable: 'rucio.makeAvailable',
  showRule: 'rucio.showRule',
  openRuleInWebUI: 'rucio.openRuleInWebUI',
  // src/ui/rules/create, src/ui/rules/actions: on { instance, id } of a rule, or on a DID
  createRule: 'rucio.createRule',
  boostRule: 'rucio.boostRule',
  changeRuleLifetime: 'rucio.changeRuleLifetime',
  changeRulePriority: 'rucio.changeRulePriority',
  changeRuleComment: 'rucio.changeRuleComment',
  changeRuleActivity: 'rucio.changeRuleActivity',
  approveRule: 'rucio.approveRule',
  denyRule: 'rucio.denyRule',
  suspendRule: 'rucio.suspendRule',
  resumeRule: 'rucio.resumeRule',
  repairRule: 'rucio.repairRule',
  moveRule: 'rucio.moveRule',
  reduceRule: 'rucio.reduceRule',
  deleteRule: 'rucio.deleteRule',
  copyRuleId: 'rucio.copyRuleId',
  copyRuleLink: 'rucio.copyRuleLink',
  copyRuleCommand: 'rucio.copyRuleCommand',
  copyRuleJson: 'rucio.copyRuleJson',
  // src/ui/rulesView, src/ui/storageView
  refreshRules: 'rucio.refreshRules',
  filterRules: 'rucio.filterRules',
  refreshStorage: 'rucio.refreshStorage',
  // src/ui/scratch: on rows of *Scratch*
  refreshScratch: 'rucio.refreshScratch',
  keepInScratch: 'rucio.keepInScratch',
  uploadFromScratch: 'rucio.uploadFromScratch',
  retryInScratch: 'rucio.retryInScratch',
  forgetInScratch: 'rucio.forgetInScratch',
  // src/ui/watch
  watchRule: 'rucio.watchRule',
  unwatchRule: 'rucio.unwatchRule',
  // src/ui/transfers: on files of this machine, on DIDs, on a transfer { instance, transferId }
  upload: 'rucio.upload',
  download: 'rucio.download',
  // src/ui/remoteFiles: on a file
  openRemote: 'rucio.openRemote',
  showTransfers: 'rucio.showTransfers',
  refreshTransfers: 'rucio.refreshTransfers',
  pauseTransfer: 'rucio.pauseTransfer',
  resumeTransfer: 'rucio.resumeTransfer',
  retryTransfer: 'rucio.retryTransfer',
  cancelTransfer: 'rucio.cancelTransfer',
  firstTransfer: 'rucio.firstTransfer',
  clearTransfer: 'rucio.clearTransfer',
  clearTransfers: 'rucio.clearTransfers',
  // src/ui/editor
  copyDid: 'rucio.copyDid',
  copyPath: 'rucio.copyPath',
  openFile: 'rucio.openFile',
  revealFile: 'rucio.revealFile',
  // src/ui/code: on { instance, scope, name }; on a file or a notebook's cell
  checkFile: 'rucio.checkFile',
  checkDid: 'rucio.checkDid',
  replaceByPath: 'rucio.replaceByPath',
  // src/ui/links
  copyDidLink: 'rucio.copyDidLink',
  // src/ui/notebooks: on DIDs, on rows of *Attached*, on a cell
  addToNotebook: 'rucio.addToNotebook',
  setVariables: 'rucio.setVariables',
  insertAttachedCode: 'rucio.insertAttachedCode',
  renameVariable: 'rucio.renameVariable',
  detach: 'rucio.detach',
  useAddress: 'rucio.useAddress',
  usePath: 'rucio.usePath',
  makeAllAvailable: 'rucio.makeAllAvailable',
  runCellAgain: 'rucio.runCellAgain',
  // src/ui/fileLists
  copyPfns: 'rucio.copyPfns',
  saveFileList: 'rucio.saveFileList',
  // src/ui/configuration
  showConfiguration: 'rucio.showConfiguration',
  // src/ui/terminal
  useInTerminals: 'rucio.useInTerminals',
  showServiceStatus: 'rucio.showServiceStatus',
  restartService: 'rucio.restartService',
  // src/ui/settings, src/ui/log
  openSettings: 'rucio.openSettings',
  showLog: 'rucio.showLog',
} as const;

export const views = {
  container: 'rucio',
  explore: 'rucio.explore',
  rules: 'rucio.rules',
  storage: 'rucio.storage',
  transfers: 'rucio.transfers',
  scratch: 'rucio.scratch',
  attached: 'rucio.attached',
} as const;

/** Ids of authentication providers. */
export const authentication = {
  rucio: 'rucio',
} as const;

/** Webview panels: VS Code asks for them again after a reload (`onWebviewPanel:…`). */
export const panels = {
  rule: 'rucio.rule',
} as const;

/** What is drawn in notebooks. */
export const renderers = {
  didLinks: 'rucio.didLinks',
} as const;

/** Settings, whole keys as they stand in settings.json. */
export const settings = {
  instances: 'rucio.instances',
  hubTokenUrl: 'rucio.hub.tokenUrl',
  throttle: 'rucio.transfers.throttle',
  programsTerminals: 'rucio.programs.terminals',
  programsInstance: 'rucio.programs.instance',
  programsDebug: 'rucio.programs.debug',
  programsKernels: 'rucio.programs.kernels',
  programsPaths: 'rucio.programs.paths',
  programsTokenFiles: 'rucio.programs.tokenFiles',
  programsRucioTokenFile: 'rucio.programs.rucioTokenFile',
  programsRucioAudience: 'rucio.programs.rucioAudience',
  programsEosTokenFile: 'rucio.programs.eosTokenFile',
  programsEosAudience: 'rucio.programs.eosAudience',
  programsEosIntrospection: 'rucio.programs.eosIntrospection',
  remoteMegabytes: 'rucio.remote.megabytes',
  assistantsEnabled: 'rucio.assistants.enabled',
  serviceInWindow: 'rucio.service.inWindow',
} as const;

export const contextKeys = {
  /** What *Explore* is in: '' (never shown yet), 'noInstance', 'ready'. Decides the welcome text. */
  exploreState: 'rucio.exploreState',
  /** Whether *Keep Results* has put anything into the tree. */
  hasResults: 'rucio.hasResults',
  /** Whether a notebook is seen: *Attached* is there only then. */
  hasNotebook: 'rucio.hasNotebook',
  /** Whether an instance has a scratch space: *Scratch* is there only then. */
  hasScratch: 'rucio.hasScratch',
} as const;

export const colors = {
  available: 'rucio.available',
  partly: 'rucio.partly',
  replicating: 'rucio.replicating',
  waiting: 'rucio.waiting',
  stuck: 'rucio.stuck',
  mountProblem: 'rucio.mountProblem',
  notAvailable: 'rucio.notAvailable',
} as const;

/** The scheme of the addresses that decorations are painted on; no file system stands behind it. */
export const DID_SCHEME = 'rucio-did';

export type CommandId = (typeof commands)[keyof typeof commands];
export type ContextKey = (typeof contextKeys)[keyof typeof contextKeys];
