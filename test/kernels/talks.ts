// How a person says the same things in each language.
import type { KernelName } from '../support/kernels/kernels.ts';

export interface Talk {
  readonly kernel: KernelName;
  readonly language: string;
  /** Prints the variable data_test, a path or several, each on a line in hexadecimal. */
  readonly hex: (several: boolean) => string;
  /** Prints its address. */
  readonly pfn: string;
  /** Prints how many there are. */
  readonly count: string;
  /** Prints the bytes of the file. */
  readonly read: string;
  /** Prints the variable A_VALUE of the environment, as a program that it starts has it, in hexadecimal. */
  readonly environment: string;
  /** Uses what is not here; undefined = that is said when it is attached. */
  readonly use?: string;
  /** Rounds of the hostile names: kernels differ in speed by much. */
  readonly rounds: number;
}

export const TALKS: readonly Talk[] = [
  {
    kernel: 'python3', language: 'python', rounds: 60,
    hex: (several) => (several ? 'print("\\n".join(str(x).encode().hex() for x in data_test))' : 'print(str(data_test).encode().hex())'),
    pfn: 'print(data_test.pfn)', count: 'print(len(data_test))', environment: 'print(__import__("subprocess").run(["sh", "-c", "printf %s \\"$A_VALUE\\" | od -An -v -tx1"], capture_output=True, text=True).stdout.replace(" ", "").replace("\\n", ""))', read: 'print(open(data_test).read())', use: 'open(data_test)',
  },
  {
    kernel: 'root', language: 'c++', rounds: 15,
    hex: (several) => `{ auto h = [](const std::string& s) { for (unsigned char c : s) printf("%02x", c); printf("\\n"); }; ${several ? 'for (const auto& x : data_test) h(x);' : 'h(data_test);'} fflush(stdout); }`,
    pfn: 'std::cout << data_test.pfn << std::endl;', count: 'std::cout << data_test.size() << std::endl;', environment: 'std::cout << gSystem->GetFromPipe("printf %s \\"$A_VALUE\\" | od -An -v -tx1 | tr -d \' \\n\'") << std::endl;', read: '{ std::ifstream f(data_test); std::string s((std::istreambuf_iterator<char>(f)), {}); std::cout << s << std::endl; }',
    use: '{ try { std::ifstream f((std::string)data_test); } catch (const std::exception& e) { std::cerr << e.what() << std::endl; } }',
  },
  {
    kernel: 'ir', language: 'r', rounds: 40,
    hex: () => 'for (x in data_test) cat(paste(as.character(charToRaw(enc2utf8(x))), collapse=""), "\\n", sep="")',
    pfn: 'cat(attr(data_test, "pfn"), "\\n")', count: 'cat(format(length(data_test), scientific=FALSE), "\\n", sep="")', environment: 'cat(gsub(" ", "", paste(system("printf %s \\"$A_VALUE\\" | od -An -v -tx1", intern=TRUE), collapse="")), "\\n")', read: 'cat(readLines(data_test, warn=FALSE), "\\n")', use: 'cat(data_test)',
  },
  {
    kernel: 'bash', language: 'bash', rounds: 40,
    hex: (several) => `for x in "\${data_test${several ? '[@]' : ''}}"; do printf '%s' "$x" | od -An -v -tx1 | tr -d ' \\n'; echo; done`,
    pfn: 'echo "$data_test_pfn"', count: 'echo ${#data_test[@]}', environment: `sh -c 'printf %s "$A_VALUE" | od -An -v -tx1' | tr -d ' \\n'; echo`, read: 'cat "$data_test"',
  },
];
