#include "tests/torture/operation.h"

#include <algorithm>

#include "tests/torture/stored_files.h"

namespace varve::torture {
namespace {

// A byte in the middle of the pack that holds the most.
void flip_in_largest_pack(const Path& folder) {
  std::vector<StoredFile> files = stored_files(folder / "repo");
  std::erase_if(files, [](const auto& file) { return !file.path.native().starts_with("packs"); });
  const auto largest = std::max_element(
      files.begin(), files.end(), [](const auto& a, const auto& b) { return a.size < b.size; });
  std::mt19937_64 random;
  flip(folder / "repo" / largest->path, largest->size / 2, random);
}

void harm_beside_a_copy(const Path& folder) {
  std::filesystem::copy(folder / "repo", folder / "elsewhere",
                        std::filesystem::copy_options::recursive);
  flip_in_largest_pack(folder);
}

void cut_catalog(const Path& folder) {
  File::open_to_change(folder / "repo/catalog.db")->truncate(5000);
}

std::vector<Restored> folder_at(const std::string& folder) {
  std::vector<Restored> files;
  for (const char* file : {"/index.html", "/home.html", "/news/may.html"}) {
    files.push_back({folder + file, std::string("www") + file});
  }
  return files;
}

Operation restore(const char* name, const char* what, const char* target,
                  std::vector<Restored> files) {
  return {.name = name,
          .words = {"restore", what, std::string("{}/") + target, "--force"},
          .restores = std::move(files)};
}

Operation ingest(const char* name, bool with_parity) {
  return {.name = name,
          .words = {"ingest", "{}/shop.db", "--time", "2026-11-20T02:00:00Z"},
          .with_parity = with_parity,
          .adds = "2026-11-20T02-00-00Z"};
}

Operation forget(const char* name, bool with_parity) {
  return {.name = name,
          .words = {"forget", "2026-11-04"},
          .with_parity = with_parity,
          .removes = "2026-11-04T02-00-00Z"};
}

Operation mend(const char* name, Words words, bool with_parity, void (*harm)(const Path&)) {
  return {.name = name, .words = std::move(words), .with_parity = with_parity, .harm = harm};
}

}  // namespace

const std::vector<Operation>& operations() {
  static const std::vector<Operation> all = {
      {"init", {"-r", "{}/new", "init"}},
      {"init_with_parity", {"-r", "{}/new", "init", "--parity", "5%"}},
      ingest("ingest", false),
      ingest("ingest_with_parity", true),
      forget("forget", false),
      forget("forget_with_parity", true),
      {"gc", {"gc"}},
      {"gc_with_parity", {"gc"}, true},
      restore("restore", "2026-11-01:shop.db", "target/shop.db", {{"target/shop.db", "shop.db"}}),
      restore("restore_live", "2026-11-01:shop.db", "target/live.db",
              {{"target/live.db", "shop.db"}}),
      {.name = "restore_folder",
       .words = {"restore", "2026-11-01:www", "{}/target/new"},
       .restores = folder_at("target/new")},
      restore("restore_folder_over", "2026-11-01:www", "target/www", folder_at("target/www")),
      mend("check_repair", {"check", "--repair"}, true, flip_in_largest_pack),
      mend("repair_packs", {"repair", "packs", "--from", "{}/elsewhere"}, false,
           harm_beside_a_copy),
      mend("repair_catalog", {"repair", "catalog"}, false, cut_catalog)};
  return all;
}

}  // namespace varve::torture
