// A program that is killed at random moments, to see what it leaves.
#pragma once

#include <fmt/format.h>

#include <chrono>
#include <csignal>
#include <functional>
#include <random>
#include <thread>

#include "tests/support/program.h"

namespace varve {

class RandomKill {
 public:
  static constexpr int kRounds = 20;

  // `whole`: how long the program takes when nobody kills it.
  explicit RandomKill(std::chrono::microseconds whole) : whole_(whole.count()) {}

  // Every other one near the end, where the one takes the other's place.
  void kill(Program& program, int round) {
    const std::int64_t first = round % 2 == 0 ? 0 : whole_ * 6 / 10;
    std::uniform_int_distribution<std::int64_t> moment(first, whole_);
    std::this_thread::sleep_for(std::chrono::microseconds(moment(random_)));
    program.send(SIGKILL);
    program.wait();
  }
  std::string seed() const { return fmt::format("seed {}", seed_); }

  static std::chrono::microseconds time_of(const std::function<void()>& work) {
    const auto begin = std::chrono::steady_clock::now();
    work();
    return std::chrono::duration_cast<std::chrono::microseconds>(std::chrono::steady_clock::now() -
                                                                 begin);
  }

 private:
  const std::int64_t whole_;
  const unsigned seed_ = std::random_device{}();
  std::mt19937 random_{seed_};
};

}  // namespace varve
