#include "tools/sources/redis_verify.h"

#include <fmt/format.h>

#include <chrono>

#include "store/core/error.h"
#include "store/core/one_line.h"
#include "store/transform/digest.h"
#include "tools/process/check_program.h"
#include "tools/sources/rdb_check.h"

namespace varve {
namespace {

constexpr const char* kProgram = "redis-check-rdb";

// "redis-check-rdb 7.0.15"; empty where there is none.
std::string program_found(const std::stop_token& stop) {
  const std::unique_ptr<CheckProgram> program = CheckProgram::start({kProgram, "--version"}, stop);
  if (!program) return {};
  const std::string words = program->finish().output;
  const auto version = words.find(' ');
  if (version == std::string::npos) return kProgram;
  return fmt::format(
      "{} {}", kProgram,
      one_line(words.substr(version + 1, words.find_first_of(" \n", version + 1) - version - 1)));
}

// What it objects to: the line after its mark, "[offset 55] Unexpected EOF reading RDB file".
std::string objection_in(const CheckProgram::Result& result) {
  constexpr std::string_view kMark = "--- RDB ERROR DETECTED ---\n";
  if (result.status < 0) return fmt::format("{} died of signal {}", kProgram, -result.status);
  const std::string_view words = result.output;
  const auto mark = words.find(kMark);
  if (mark == std::string_view::npos) return one_line(words);
  const std::string_view rest = words.substr(mark + kMark.size());
  return one_line(rest.substr(0, rest.find('\n')));
}

bool is_too_new(const CheckProgram::Result& result) {
  return result.output.find("Can't handle RDB format version") != std::string::npos;
}

// Reads the file once, through all that look at it.
class Verification {
 public:
  Verification(FileReader& file, std::stop_token stop, const VerifyProgress& progress)
      : file_(file), stop_(std::move(stop)), progress_(progress) {}

  void run(bool with_program) {
    if (with_program) {
      made_.program = program_found(stop_);
      program_ = CheckProgram::start({kProgram, "/dev/stdin"}, stop_);
    }
    if (with_program && !program_) fall_back(fmt::format("{} is not installed", kProgram));
    read();
    finish();
  }
  Attestation take() { return std::move(made_); }

 private:
  void fall_back(const std::string& why) {
    made_.program.clear();
    made_.detail = fmt::format("{}: only the checksum of {} was checked", why, file_.file().path);
    is_full_ = false;
  }

  void read() {
    bool is_reading = program_ != nullptr;
    std::uint64_t done = 0;
    file_.stream([&](ByteView bytes) {
      if (stop_.stop_requested()) throw Error(ErrorCode::interrupted, "interrupted");
      hash_.update(bytes);
      check_.update(bytes);
      is_reading = is_reading && program_->feed(bytes);
      done += bytes.size();
      if (progress_) progress_(done, file_.size());
    });
  }

  void finish() {
    made_.sha256 = hash_.finish();
    made_.passed = true;
    if (program_) {
      const CheckProgram::Result result = program_->finish();
      is_full_ = true;
      if (result.status != 0 && is_too_new(result)) {
        fall_back(
            fmt::format("{} does not know RDB format version {}", made_.program, check_.version()));
      } else if (result.status != 0) {
        fail(objection_in(result));
      }
    }
    if (const auto fault = check_.fault()) fail("the file " + *fault);
    made_.level = is_full_ ? "full" : "quick";
  }

  void fail(const std::string& why) {
    made_.passed = false;
    made_.detail = made_.detail.empty() ? why : made_.detail + "; " + why;
  }

  FileReader& file_;
  const std::stop_token stop_;
  const VerifyProgress& progress_;
  std::unique_ptr<CheckProgram> program_;
  Sha256Stream hash_;
  RdbCheck check_;
  bool is_full_ = false;
  Attestation made_;
};

}  // namespace

Attestation verify_rdb(FileReader& file, VerifyLevel level, const std::stop_token& stop,
                       const VerifyProgress& progress) {
  const auto begin = std::chrono::steady_clock::now();
  Verification verification(file, stop, progress);
  Attestation made;
  try {
    verification.run(level == VerifyLevel::full);
    made = verification.take();
  } catch (const Error& error) {
    if (error.code() != ErrorCode::corrupt) throw;
    made.detail = one_line(error.what());
    made.level = level == VerifyLevel::full ? "full" : "quick";
  }
  made.file = file.file().path;
  made.time = Timestamp::now();
  const std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - begin;
  made.seconds = elapsed.count();
  return made;
}

Attestation verify_plain_rdb(FileReader& file, VerifyLevel level, const std::stop_token& stop,
                             const VerifyProgress& progress) {
  Attestation made = verify_rdb(file, level, stop, progress);
  if (!made.passed) made.detail = "checked as an RDB file, as it begins like one: " + made.detail;
  return made;
}

}  // namespace varve
