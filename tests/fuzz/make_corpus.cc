// Writes the seeds into FOLDER/TARGET/seed-NAME: make_corpus.sh.
#include <cstdio>
#include <exception>

#include "store/core/file.h"
#include "tests/fuzz/corpus.h"

int main(int count, char** arguments) {
  using namespace varve;
  if (count != 2) {
    std::fputs("usage: varve-fuzz-corpus FOLDER\n", stderr);
    return 2;
  }
  try {
    fuzz::Corpus corpus;
    fuzz::add_documents(corpus);
    fuzz::add_objects(corpus);
    fuzz::add_archives(corpus);
    fuzz::add_databases(corpus);
    fuzz::add_texts(corpus);
    for (const auto& [name, bytes] : corpus) {
      const Path relative(name);
      const Path folder = Path(arguments[1]) / relative.parent_path();
      std::filesystem::create_directories(folder);
      write_file_atomically(folder / ("seed-" + relative.filename().native()), bytes,
                            AtomicFile::Over::replace);
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "varve-fuzz-corpus: %s\n", error.what());
    return 1;
  }
  return 0;
}
