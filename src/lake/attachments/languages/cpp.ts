// C++ in ROOT: a file is a std::string with more members, a collection a vector of them, and RucioChain(data, "tree") a TChain. What is
// not here throws when it is made a text.
import { bytes, comment, lacking, type Language, literal, words } from './language.ts';

// Three octal digits end by themselves; ? would begin a trigraph. A cell that ends in f( without a ) behind it is never answered by ROOT's kernel
// (metakernel 0.30, Parser.parse_code: its pattern for a call that is being typed has no group).
const text = (value: string): string => literal(value, '"', '"\\?(', (code) => bytes(code, (byte) => `\\${byte.toString(8).padStart(3, '0')}`));

const remark = (value: string): string => comment(value).replace(/\([^)]*$/, (open) => open.replaceAll('(', '%28'));

const DECLARED = `#ifndef RUCIO_DATALAKE_1
#define RUCIO_DATALAKE_1
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>
#include "TChain.h"
struct RucioDID : std::string { std::string pfn, did, adler32; long long size = 0; const std::string& path() const { return *this; } };
struct RucioDIDs : std::vector<RucioDID> { std::string did, reason; long long missing = 0; bool did_available() const { return missing == 0; } };
struct RucioUnavailable {
  std::string did, reason;
  [[noreturn]] void fail() const { throw std::runtime_error(did + " is not available here. " + reason + " Make it available in the Rucio view; the variable is set again when it is here."); }
  operator std::string() const { fail(); }
  operator const char*() const { fail(); }
  const char* c_str() const { fail(); }
  bool did_available() const { return false; }
};
namespace rucio_datalake {
inline std::string text(const std::string& field) {
  std::string t;
  for (size_t i = 0; i < field.size(); ++i) {
    if (field[i] == '%' && i + 2 < field.size()) { t += static_cast<char>(std::stoi(field.substr(i + 1, 2), nullptr, 16)); i += 2; }
    else t += field[i];
  }
  return t;
}
inline std::vector<std::string> fields(const std::string& line) {
  std::vector<std::string> found;
  size_t from = 0;
  for (size_t at; (at = line.find('\\t', from)) != std::string::npos; from = at + 1) found.push_back(text(line.substr(from, at - from)));
  found.push_back(text(line.substr(from)));
  return found;
}
inline RucioDIDs load(const char* manifest) {
  std::ifstream lines(manifest);
  std::string line;
  RucioDIDs all;
  while (std::getline(lines, line)) {
    const auto row = fields(line);
    if (lines.peek() == std::char_traits<char>::eof()) { all.did = row.at(1); all.missing = std::stoll(row.at(4)); all.reason = row.at(5); break; }
    if (row.at(1).empty()) continue;
    RucioDID one;
    one.assign(row.at(1)); one.did = row.at(0); one.pfn = row.at(2); one.size = std::stoll(row.at(3)); one.adler32 = row.at(4);
    all.push_back(one);
  }
  if (all.did.empty()) throw std::runtime_error(std::string("There is no whole ") + manifest);
  return all;
}
inline RucioDID file(const char* manifest) { return load(manifest).at(0); }
inline RucioUnavailable unavailable(const char* manifest) { const auto all = load(manifest); RucioUnavailable one; one.did = all.did; one.reason = all.reason; return one; }
}
inline TChain* RucioChain(const RucioDIDs& files, const char* tree) { auto chain = new TChain(tree); for (const auto& file : files) chain->Add(file.c_str()); return chain; }
inline TChain* RucioChain(const RucioDID& file, const char* tree) { auto chain = new TChain(tree); chain->Add(file.c_str()); return chain; }
#endif
`;

export const cpp: Language = {
  names: ['c++', 'cpp'],
  identifier: /^[A-Za-z_][A-Za-z0-9_]*$/,
  reserved: words(`alignas alignof and and_eq asm auto bitand bitor bool break case catch char char8_t char16_t char32_t class compl concept const consteval constexpr constinit const_cast continue co_await co_return co_yield
    decltype default delete do double dynamic_cast else enum explicit export extern false float for friend goto if inline int long mutable namespace new noexcept not not_eq nullptr operator or or_eq private protected public
    register reinterpret_cast requires return short signed sizeof static static_assert static_cast struct switch template this thread_local throw true try typedef typeid typename union unsigned using virtual void volatile wchar_t
    while xor xor_eq std main gROOT gSystem gPad gStyle gDirectory gFile gInterpreter RucioDID RucioDIDs RucioUnavailable RucioChain rucio_datalake`),
  text,
  environment: (name, value) => `gSystem->Setenv(${text(name)}, ${text(value)});`,
  // A cell is compiled as a whole before it runs: what it declares is there for the next one.
  get prelude() {
    return `gInterpreter->Declare(${text(DECLARED)});`;
  },
  attach: ({ variableName, type, state, manifest }) => {
    const [is, how] = state === 'notHere' ? ['RucioUnavailable', 'unavailable'] : type === 'file' ? ['RucioDID', 'file'] : ['RucioDIDs', 'load'];
    return `${is} ${variableName} = rucio_datalake::${how}(${text(manifest)});`;
  },
  cell: ({ variableName, did, type, state, reason, missing, here, files, manifest }) => {
    if (state === 'notHere') return `// ${remark(did)} is not available here: ${remark(reason)}`;
    if (type === 'file') return `std::string ${variableName} = ${text(files[0]?.path ?? '')};  // ${remark(did)}`;
    if (here <= files.length) return `std::vector<std::string> ${variableName} = {  // ${remark(did)}${lacking(missing)}\n${files.map(({ path }) => `  ${text(path)},\n`).join('')}};`;
    return `std::vector<std::string> ${variableName};  // ${remark(did)}${lacking(missing)}\n{\n  std::ifstream lines(${text(manifest)});\n  std::string line;\n  while (std::getline(lines, line) && lines.peek() != EOF) { auto a = line.find('\\t'), b = line.find('\\t', a + 1); if (b == a + 1) continue; std::string p = line.substr(a + 1, b - a - 1); for (size_t i = 0; (i = p.find('%', i)) != std::string::npos; ++i) p.replace(i, 3, 1, static_cast<char>(std::stoi(p.substr(i + 1, 2), nullptr, 16))); ${variableName}.push_back(p); }\n}`;
  },
};
