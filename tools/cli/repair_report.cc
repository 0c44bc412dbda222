#include "tools/cli/repair_report.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "tools/cli/format.h"
#include "tools/cli/json_text.h"

namespace varve::cli {
namespace {

using Json = nlohmann::ordered_json;

Json json_of(const std::vector<HurtFile>& hurt) {
  Json list = Json::array();
  for (const HurtFile& file : hurt) {
    Json ranges = Json::array();
    for (const ByteRange& range : file.ranges) {
      ranges.push_back({{"offset", range.offset}, {"length", range.length}});
    }
    list.push_back({{"snapshot", file.snapshot},
                    {"path", file.path},
                    {"size", file.size},
                    {"ranges", ranges}});
  }
  return list;
}

void add_lines(std::string& text, std::string_view what, const std::vector<std::string>& lines) {
  for (const std::string& line : lines) text += printable(fmt::format("{}: {}", what, line)) + "\n";
}

void add_hurt(std::string& text, const std::vector<HurtFile>& hurt) {
  for (const HurtFile& file : hurt) text += printable("lost: " + describe(file)) + "\n";
}

std::string line_of(const DamagedPack& pack, bool dry_run) {
  std::string text =
      fmt::format("damaged: {}; {} {}", pack.why, format_count(pack.saved_objects, "whole object"),
                  dry_run ? "would be saved" : "saved");
  if (!pack.kept_as.empty()) text += fmt::format(", the file is kept as {}", pack.kept_as);
  // What is wrong may be said without the pack's name.
  const std::string leaf = pack.name.substr(pack.name.rfind('/') + 1);
  return pack.why.find(leaf) == std::string::npos ? fmt::format("{} ({})", text, pack.name) : text;
}

std::string line_of(const PutBack& pack, bool dry_run) {
  return fmt::format(
      "{}: {} as {}{}", dry_run ? "would put back" : "put back", pack.from, pack.to,
      pack.lacks_parity ? ", without parity: 'varve check --repair' makes it anew" : "");
}

}  // namespace

std::string describe(const HurtFile& file) {
  std::string ranges;
  for (const ByteRange& range : file.ranges) {
    ranges += fmt::format("{}{}-{}", ranges.empty() ? "" : ", ", range.offset,
                          range.offset + range.length - 1);
  }
  return fmt::format("{}:{} bytes {} of {}", file.snapshot, file.path, ranges, file.size);
}

std::string catalog_repair_text(const CatalogRepairResult& result) {
  std::string text;
  add_lines(text, "damaged", result.damaged_packs);
  add_lines(text, "left out", result.left_out);
  add_hurt(text, result.hurt);
  text += fmt::format(
      "the catalog is made anew: {}, {}, {}, {}; {}\n", format_count(result.packs, "pack"),
      format_count(result.chunks, "chunk"), format_count(result.snapshots, "snapshot"),
      format_count(result.attestations, "attestation"), format_seconds(result.seconds));
  if (result.unreadable_objects > 0) {
    text += fmt::format("left out {} whose bases are lost\n",
                        format_count(result.unreadable_objects, "object"));
  }
  if (!result.kept_as.empty()) {
    text += fmt::format("the old one is kept as {}\n", join(result.kept_as));
  }
  return text;
}

std::string catalog_repair_json(const CatalogRepairResult& result) {
  Json aside = Json::array();
  for (const RecordAside& record : result.records_aside) {
    aside.push_back({{"record", record.name}, {"kept_as", record.kept_as}});
  }
  return json_text({{"packs", result.packs},
                    {"chunks", result.chunks},
                    {"snapshots", result.snapshots},
                    {"attestations", result.attestations},
                    {"unreadable_objects", result.unreadable_objects},
                    {"damaged_packs", result.damaged_packs},
                    {"left_out", result.left_out},
                    {"records_aside", aside},
                    {"lost", json_of(result.hurt)},
                    {"kept_as", result.kept_as},
                    {"seconds", result.seconds}});
}

std::string pack_repair_text(const PackRepairResult& result, const PackRepairOptions& options) {
  const std::string_view would = options.dry_run ? "would be " : "";
  std::string text;
  for (const PutBack& pack : result.put_back) {
    text += printable(line_of(pack, options.dry_run)) + "\n";
  }
  for (const DamagedPack& pack : result.damaged) {
    text += printable(line_of(pack, options.dry_run)) + "\n";
  }
  add_lines(text, options.dry_run ? "would write anew" : "written anew", result.records);
  add_lines(text, "beyond repair here", result.hopeless_records);
  add_hurt(text, result.hurt);
  if (result.adopted_packs > 0) {
    text += fmt::format("{} that the catalog did not know {}taken in\n",
                        format_count(result.adopted_packs, "pack"), would);
  }
  if (result.mended_rows > 0) {
    text += fmt::format("{} that the catalog did not lead to {}put right\n",
                        format_count(result.mended_rows, "chunk"), would);
  }
  if (result.healed_chunks > 0) {
    text += fmt::format("{} {}taken from {}\n", format_count(result.healed_chunks, "chunk"), would,
                        options.from->native());
  }
  const bool well = result.put_back.empty() && result.damaged.empty() && result.hurt.empty() &&
                    result.hopeless_records.empty();
  return text +
         fmt::format("{}, {}; {}: {}\n", format_count(result.packs, "pack"),
                     format_count(result.objects, "whole object"), format_seconds(result.seconds),
                     well                  ? std::string("all is well")
                     : result.hurt.empty() ? std::string("nothing is lost")
                                           : format_count(result.lost_chunks, "chunk") + " lost");
}

std::string pack_repair_json(const PackRepairResult& result, const PackRepairOptions& options) {
  Json damaged = Json::array();
  for (const DamagedPack& pack : result.damaged) {
    damaged.push_back({{"pack", pack.name},
                       {"why", pack.why},
                       {"saved_objects", pack.saved_objects},
                       {"kept_as", pack.kept_as}});
  }
  Json put_back = Json::array();
  for (const PutBack& pack : result.put_back) {
    put_back.push_back({{"from", pack.from}, {"to", pack.to}, {"lacks_parity", pack.lacks_parity}});
  }
  return json_text({{"packs", result.packs},
                    {"objects", result.objects},
                    {"put_back", put_back},
                    {"damaged", damaged},
                    {"adopted_packs", result.adopted_packs},
                    {"healed_chunks", result.healed_chunks},
                    {"mended_rows", result.mended_rows},
                    {"records", result.records},
                    {"hopeless_records", result.hopeless_records},
                    {"lost_chunks", result.lost_chunks},
                    {"lost", json_of(result.hurt)},
                    {"seconds", result.seconds},
                    {"dry_run", options.dry_run}});
}

}  // namespace varve::cli
