#include "fs/sha256sums.h"
#include "fs/snapshot_json.h"
#include "fs/snapshot_view.h"
#include "store/snapshots/packed_text.h"
#include "store/snapshots/retention.h"
#include "store/snapshots/snapshot_name.h"
#include "store/transform/seal.h"
#include "tests/fuzz/expect.h"
#include "tests/fuzz/mended.h"
#include "tests/fuzz/targets.h"

namespace varve::fuzz {
namespace {

// All that is made of a record without reading a chunk.
void use(const Snapshot& snapshot) {
  must(!snapshot_json(snapshot).empty(), "no JSON");
  const auto no_hash = [](const FileEntry&) { return Sha256{}; };
  must(sha256sums(snapshot, no_hash).size() == sha256sums_size(snapshot), "SHA256SUMS");
  const SnapshotView view(snapshot);
  RetentionPolicy policy;
  policy.last = policy.hourly = policy.daily = policy.weekly = policy.monthly = policy.yearly = 1;
  policy.within = 86400;
  judge({snapshot, snapshot}, policy, {});
  must(resolve_snapshot({snapshot}, snapshot.name).id == snapshot.id, "its own name");
}

void look_at(ByteView document) {
  answer([&] {
    const Snapshot snapshot = decode_record(document);
    const Bytes again = encode_record(snapshot);
    must(encode_record(decode_record(again)) == again, "a record changes when it is written");
    use(snapshot);
  });
}

}  // namespace

// A document, or the text inside of one.
void record(ByteView input) {
  if (as_text(input).starts_with("VARVE")) {
    look_at(with_seal(input));
    return;
  }
  Encoder out;
  out.bytes(as_bytes(kRecordMagic));
  encode_packed_text(out, input);
  seal_record(out);
  look_at(out.buffer());
}

}  // namespace varve::fuzz
