// Python: values that are what the Jupyter extension of Rucio gives (SingleItemDID is a str, MultipleItemDID a list), and more; no package is
// needed in the kernel. What is not here raises an ordinary error when it is used.
import { comment, hex, lacking, type Language, literal, words } from './language.ts';

/** A change of it needs another name: kernels keep what they have. */
const MODULE = '_rucio_datalake_1';

const CLASSES = `
import os, warnings

class DIDNotAvailableException(RuntimeError):
    'Data that is not here was used.'

class SingleItemDID(str):
    'The path of a file that is here.'
    did_available = True
    def __new__(cls, path, pfn, did, size, adler32):
        self = str.__new__(cls, path)
        self.pfn, self.did, self.size, self.adler32 = pfn or None, did, size, adler32 or None
        return self
    @property
    def path(self):
        return str.__str__(self)
    def __fspath__(self):
        return str.__str__(self)
    def __reduce__(self):
        return (str, (str.__str__(self),))

class MultipleItemDID(list):
    'The paths of the files of a collection that are here.'
    def __init__(self, items, did, missing, missing_files, reason):
        list.__init__(self, items)
        self.did, self.missing, self.missing_files, self.reason = did, missing, missing_files, reason
        self.did_available = missing == 0
        self.size = sum(item.size for item in items)
        self._told = missing == 0
    def _tell(self):
        if not self._told:
            self._told = True
            warnings.warn(self.did + ': ' + self.reason + ' What is here is given.', stacklevel=3)
    def __iter__(self):
        self._tell()
        return list.__iter__(self)
    def __len__(self):
        self._tell()
        return list.__len__(self)
    def __getitem__(self, at):
        self._tell()
        return list.__getitem__(self, at)
    @property
    def items(self):
        return list.copy(self)
    @property
    def path(self):
        return [item.path for item in list.__iter__(self)]
    @property
    def pfn(self):
        return [item.pfn for item in list.__iter__(self)]
    def __reduce__(self):
        return (list, (self.path,))

class UnavailableDID(os.PathLike):
    'Stands for data that is not here: says so when it is used.'
    did_available = False
    def __init__(self, did, reason):
        self.__dict__.update(did=did, reason=reason)
    def _fail(self, *_args, **_kwargs):
        raise DIDNotAvailableException(self.__dict__['did'] + ' is not available here. ' + self.__dict__['reason'] + ' Make it available in the Rucio view; the variable is set again when it is here.')
    def __repr__(self):
        return '<' + self.__dict__['did'] + ': not available here>'
    def __getattr__(self, name):
        if name.startswith('_'):
            raise AttributeError(name)
        self._fail()
    __str__ = __fspath__ = __format__ = __iter__ = __len__ = __getitem__ = __contains__ = __add__ = __radd__ = __mod__ = __truediv__ = __rtruediv__ = __bytes__ = __bool__ = __call__ = __enter__ = _fail

attached = {}

def _text(field):
    if '%' not in field:
        return field
    from urllib.parse import unquote
    return unquote(field)

def load(manifest):
    with open(manifest, encoding='utf-8', newline='\\n') as lines:
        rows = [line.rstrip('\\n').split('\\t') for line in lines]
    _mark, did, kind, state, missing, reason = [_text(field) for field in rows.pop()]
    items, away = [], []
    for name, path, pfn, size, adler32 in rows:
        if path:
            items.append(SingleItemDID(_text(path), _text(pfn), _text(name), int(size), adler32))
        else:
            away.append(_text(name))
    if state == 'notHere':
        return UnavailableDID(did, reason)
    return items[0] if kind == 'file' else MultipleItemDID(items, did, int(missing), away, reason)

def attach(namespace, name, manifest):
    value = namespace[name] = load(manifest)
    attached[name] = manifest
    namespace['DIDNotAvailableException'] = DIDNotAvailableException
    def resolve_dids():
        'Looks again at what is attached.'
        for name, manifest in list(attached.items()):
            namespace[name] = load(manifest)
    namespace['resolve_dids'] = resolve_dids
`;

const text = (value: string): string => literal(value, "'", "'\\", (code) => (code < 0x100 ? `\\x${hex(code, 2)}` : code < 0x10000 ? `\\u${hex(code, 4)}` : `\\U${hex(code, 8)}`));

export const python: Language = {
  names: ['python', 'python3', 'ipython'],
  identifier: /^[A-Za-z_][A-Za-z0-9_]*$/,
  reserved: words(`False None True and as assert async await break class continue def del elif else except finally for from global if import in is lambda nonlocal not or pass raise return try while with yield
    match case type print open str list dict set tuple int float bool bytes len range id input sum min max map filter sorted zip next iter object super vars dir exec eval hash repr format all any abs file help exit quit
    In Out get_ipython resolve_dids DIDNotAvailableException self`),
  text,
  environment: (name, value) => `__import__('os').environ[${text(name)}] = ${text(value)}`,
  get prelude() {
    return `import sys as _rucio_sys
if '${MODULE}' not in _rucio_sys.modules:
    import types as _rucio_types
    _rucio_module = _rucio_types.ModuleType('${MODULE}')
    exec(${text(CLASSES)}, _rucio_module.__dict__)
    _rucio_sys.modules['${MODULE}'] = _rucio_module
    del _rucio_types, _rucio_module`;
  },
  attach: ({ variableName, manifest }) => `_rucio_sys.modules['${MODULE}'].attach(globals(), ${text(variableName)}, ${text(manifest)})`,
  cell: ({ variableName, did, type, state, reason, missing, here, files, manifest }) => {
    if (state === 'notHere') return `# ${comment(did)} is not available here: ${comment(reason)}`;
    const part = lacking(missing);
    if (type === 'file') return `${variableName} = ${text(files[0]?.path ?? '')}  # ${comment(did)}`;
    if (here <= files.length) return `${variableName} = [  # ${comment(did)}${part}\n${files.map(({ path }) => `    ${text(path)},\n`).join('')}]`;
    return `from urllib.parse import unquote  # ${comment(did)}${part}\nwith open(${text(manifest)}, encoding='utf-8') as _lines:\n    ${variableName} = [unquote(line.split('\\t')[1]) for line in list(_lines)[:-1] if line.split('\\t')[1]]`;
  },
};
