// R: a character vector of paths, with pfn, did, size and adler32 as attributes. What is not here stops when it is used.
import { comment, hex, lacking, type Language, literal, words } from './language.ts';

// \x and \u may not be mixed in one text of R's, so all is \U. Only what manifests write as %XX is looked for, % itself last: R works
// on all texts at once, one by one 100 000 take it 10 s.
const text = (value: string): string => literal(value, '"', '"\\', (code) => `\\U{${hex(code, 8)}}`);

const PRELUDE = `.rucio_attach <- function(name, manifest) {
  decode <- function(x) {
    odd <- which(grepl("%", x, fixed = TRUE))
    for (code in c(1:31, 127, 37)) {
      written <- sprintf("%%%02X", code)
      has <- odd[grepl(written, x[odd], fixed = TRUE)]
      if (length(has) > 0) x[has] <- gsub(written, rawToChar(as.raw(code)), x[has], fixed = TRUE)
    }
    Encoding(x) <- "UTF-8"
    x
  }
  parts <- strsplit(paste0(readLines(manifest, encoding = "UTF-8", warn = FALSE), "\\t."), "\\t", fixed = TRUE)
  head <- decode(parts[[length(parts)]])
  if (head[4] == "notHere") {
    message <- paste0(head[2], " is not available here. ", head[6], " Make it available in the Rucio view; the variable is set again when it is here.")
    delayedAssign(name, stop(message, call. = FALSE), assign.env = globalenv())
    return(invisible())
  }
  column <- function(n) vapply(rows, \`[\`, "", n)
  rows <- parts[-length(parts)]
  rows <- rows[column(2) != ""]
  value <- structure(decode(column(2)), pfn = decode(column(3)), did = decode(column(1)), size = as.numeric(column(4)), adler32 = column(5), missing = as.integer(head[5]))
  assign(name, value, envir = globalenv())
  invisible()
}`;

export const r: Language = {
  names: ['r'],
  identifier: /^[A-Za-z][A-Za-z0-9_.]*$/,
  reserved: words('if else repeat while function for next break TRUE FALSE NULL Inf NaN NA NA_integer_ NA_real_ NA_complex_ NA_character_ in c t q list data df file print cat paste length names T F pi letters month.name sum mean max min'),
  text,
  environment: (name, value) => `Sys.setenv(${name} = ${text(value)})`,
  prelude: PRELUDE,
  attach: ({ variableName, manifest }) => `.rucio_attach(${text(variableName)}, ${text(manifest)})`,
  cell: ({ variableName, did, type, state, reason, missing, here, files, manifest }) => {
    if (state === 'notHere') return `# ${comment(did)} is not available here: ${comment(reason)}`;
    if (type === 'file') return `${variableName} <- ${text(files[0]?.path ?? '')}  # ${comment(did)}`;
    if (here <= files.length) return `${variableName} <- c(  # ${comment(did)}${lacking(missing)}\n${files.map(({ path }) => `  ${text(path)}`).join(',\n')}\n)`;
    return `# ${comment(did)}${lacking(missing)}\n${PRELUDE}\n.rucio_attach(${text(variableName)}, ${text(manifest)})`;
  },
};
