// The seeds of the fuzz targets, made by varve's own encoders and the programs' own libraries.
#pragma once

#include <map>
#include <string>

#include "store/core/bytes.h"

namespace varve::fuzz {

// By "TARGET/NAME".
using Corpus = std::map<std::string, Bytes>;

void add_documents(Corpus& corpus);  // config, record, attestation, lost, fingerprints
void add_objects(Corpus& corpus);    // pack, codec, manifest, file, sidecar
void add_archives(Corpus& corpus);   // archive, postgres, redis
void add_databases(Corpus& corpus);  // btree, wal
void add_texts(Corpus& corpus);      // texts, job_file

Bytes bytes_of(std::string_view text);

}  // namespace varve::fuzz
