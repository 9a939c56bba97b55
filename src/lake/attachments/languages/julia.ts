// Julia: a String or a Vector{String} of paths, the PFNs in <variable>_pfn. No kernel of it is to be had for the tests.
import { comment, hex, lacking, type Language, literal, words } from './language.ts';

const text = (value: string): string => literal(value, '"', '"\\$', (code) => `\\U${hex(code, 8)}`);

const PRELUDE = `function _rucio_attach(name::Symbol, manifest::String)
    text(field) = replace(field, r"%[0-9A-F]{2}" => m -> String([parse(UInt8, m[2:3], base=16)]))
    lines = readlines(manifest)
    head = text.(split(lines[end], '\\t'))
    rows = [text.(split(line, '\\t')) for line in lines[1:end-1]]
    rows = [row for row in rows if row[2] != ""]
    if head[4] == "notHere"
        @warn string(head[2], " is not available here. ", head[6])
        return
    end
    paths, pfns = String[row[2] for row in rows], String[row[3] for row in rows]
    file = head[3] == "file"
    Core.eval(Main, Expr(:(=), name, file ? paths[1] : paths))
    Core.eval(Main, Expr(:(=), Symbol(name, "_pfn"), file ? pfns[1] : pfns))
    nothing
end`;

export const julia: Language = {
  names: ['julia'],
  identifier: /^[A-Za-z_][A-Za-z0-9_]*$/,
  reserved: words('baremodule begin break catch const continue do else elseif end export false finally for function global if import let local macro module quote return struct true try using while ans pi Main Base Core in isa where'),
  text,
  environment: (name, value) => `ENV[${text(name)}] = ${text(value)};`,
  prelude: PRELUDE,
  attach: ({ variableName, manifest }) => `_rucio_attach(:${variableName}, ${text(manifest)})`,
  cell: ({ variableName, did, type, state, reason, missing, here, files, manifest }) => {
    if (state === 'notHere') return `# ${comment(did)} is not available here: ${comment(reason)}`;
    if (type === 'file') return `${variableName} = ${text(files[0]?.path ?? '')}  # ${comment(did)}`;
    if (here <= files.length) return `${variableName} = [  # ${comment(did)}${lacking(missing)}\n${files.map(({ path }) => `    ${text(path)},\n`).join('')}]`;
    return `# ${comment(did)}${lacking(missing)}\n${PRELUDE}\n_rucio_attach(:${variableName}, ${text(manifest)})`;
  },
};
