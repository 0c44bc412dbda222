// What a repair did, in words and as JSON.
#pragma once

#include <string>

#include "store/repair/repair_catalog.h"
#include "store/repair/repair_packs.h"

namespace varve::cli {

std::string catalog_repair_text(const CatalogRepairResult& result);
std::string catalog_repair_json(const CatalogRepairResult& result);
std::string pack_repair_text(const PackRepairResult& result, const PackRepairOptions& options);
std::string pack_repair_json(const PackRepairResult& result, const PackRepairOptions& options);

// "2026-11-20T02-00-00Z:history.db bytes 0-4095, 8192-12287 of 1048576": first and last byte of
// each range.
std::string describe(const HurtFile& file);

}  // namespace varve::cli
