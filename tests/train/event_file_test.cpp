#include "train/event_file.h"

#include <limits>
#include <numeric>
#include <string>
#include <string_view>
#include <vector>

#include <gmock/gmock.h>

namespace mirrortune {
namespace {

using testing::Each;
using testing::ElementsAre;

constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

TEST(EventFile, IsTheseBytes) {
  using namespace std::string_view_literals;
  // The lengths' and the data's masked CRC-32C as TensorFlow's own writer gives them for the version record
  // at time 0.
  const std::string file = event_file({});
  EXPECT_EQ(file.substr(0, 8), "\x18\0\0\0\0\0\0\0"sv);
  EXPECT_EQ(file.substr(8, 4), "\xa3\x7f\x4b\x22"sv);
  EXPECT_EQ(file.substr(12, 24),
            "\x09\0\0\0\0\0\0\0\0"
            "\x1a\x0d"
            "brain.Event:2"sv);
  EXPECT_EQ(file.size(), 8u + 4 + 24 + 4);
}

TEST(EventFile, AnEventAppendsOneRecord) {
  const std::vector<Event> events = {{.wall_time = 0, .step = 3, .values = {{"loss", 1.0F}}},
                                     {.wall_time = 1, .step = -1, .values = {}}};
  const std::string one = event_file(std::span(events).first(1)), both = event_file(events);
  EXPECT_EQ(both.substr(0, one.size()), one);
  EXPECT_GT(both.size(), one.size());
  EXPECT_EQ(event_file({}), one.substr(0, event_file({}).size()));
}

TEST(EventHistogram, CountsInHalfOpenBucketsOfEqualWidthTheLastOneClosed) {
  const auto histogram = event_histogram(std::vector<float>{0, 1, 1.5F, 2, 3, 4}, /*num_buckets=*/4);
  EXPECT_THAT(histogram.limits, ElementsAre(1, 2, 3, 4));
  EXPECT_THAT(histogram.counts, ElementsAre(1, 2, 1, 2));
  EXPECT_EQ(histogram.min, 0);
  EXPECT_EQ(histogram.max, 4);
  EXPECT_EQ(histogram.num, 6);
  EXPECT_EQ(histogram.sum, 11.5);
  EXPECT_EQ(histogram.sum_squares, 32.25);
  EXPECT_EQ(histogram.left_out, 0u);
}

TEST(EventHistogram, OfNothingIsOneEmptyBucket) {
  for (const auto& values : {std::vector<float>{}, {kNan, kInfinity, -kInfinity}}) {
    const auto histogram = event_histogram(values);
    EXPECT_THAT(histogram.limits, ElementsAre(0));
    EXPECT_THAT(histogram.counts, ElementsAre(0));
    EXPECT_THAT((std::vector{histogram.min, histogram.max, histogram.num, histogram.sum}), Each(0));
    EXPECT_EQ(histogram.left_out, values.size());
  }
}

TEST(EventHistogram, OfEqualValuesIsOneBucket) {
  const auto histogram = event_histogram(std::vector<float>(5, 0.25F));
  EXPECT_THAT(histogram.limits, ElementsAre(0.25));
  EXPECT_THAT(histogram.counts, ElementsAre(5));
  EXPECT_EQ(histogram.min, 0.25);
  EXPECT_EQ(histogram.max, 0.25);
}

TEST(EventHistogram, LeavesOutWhatIsNotFiniteAndSaysHowMany) {
  const auto histogram = event_histogram(std::vector<float>{kNan, -1, kInfinity, 1, -kInfinity}, 2);
  EXPECT_THAT(histogram.limits, ElementsAre(0, 1));
  EXPECT_THAT(histogram.counts, ElementsAre(1, 1));
  EXPECT_EQ(histogram.num, 2);
  EXPECT_EQ(histogram.left_out, 3u);
}

TEST(EventHistogram, CountsEveryValueOnceAlsoAtTheEndsOfFloat) {
  const float largest = std::numeric_limits<float>::max(),
              smallest = std::numeric_limits<float>::denorm_min();
  for (const auto& values : {std::vector<float>{-largest, largest, 0, 1},
                             {0, smallest, 2 * smallest},
                             {1, std::nextafter(1.0F, 2.0F)}}) {
    const auto histogram = event_histogram(values);
    EXPECT_EQ(histogram.limits.size(), 64u);
    EXPECT_EQ(std::accumulate(histogram.counts.begin(), histogram.counts.end(), 0.0), values.size());
    EXPECT_EQ(histogram.limits.back(), *std::max_element(values.begin(), values.end()));
    EXPECT_TRUE(std::is_sorted(histogram.limits.begin(), histogram.limits.end()));
    EXPECT_TRUE(std::isfinite(histogram.sum_squares));
  }
}

}  // namespace
}  // namespace mirrortune
