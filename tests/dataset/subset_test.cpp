#include "dataset/subset.h"

#include <algorithm>
#include <set>

#include <gmock/gmock.h>

#include "base/sha256.h"
#include "dataset/dataset_support.h"

namespace mirrortune {
namespace {

using test::error_of;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

ImageIndex index_of(std::size_t images) {
  ImageIndex index;
  index.root = "pictures";
  index.images.resize(images);
  return index;
}

TEST(SubsetSize, IsThePublishedRootOfTheWeights) {
  const std::vector<std::pair<std::int64_t, std::int64_t>> published = {
      {1357840, 1165},  {2261424, 1503},  {5236192, 2288},  {7716976, 2777},
      {9026016, 3004},  {12124856, 3482}, {11678912, 3417}, {21779648, 4666},
      {53372096, 7305}, {5203136, 2281},  {538640, 733}};
  for (const auto& [weights, images] : published) EXPECT_EQ(subset_size({}, weights), images);
}

TEST(SubsetSize, TakesAnyExponentOrACount) {
  EXPECT_EQ(subset_size({.exponent = 1.0}, 1000), 1000);
  EXPECT_EQ(subset_size({.exponent = 0.75}, 10000), 1000);
  EXPECT_EQ(subset_size({.exponent = 0.01}, 2), 1);
  EXPECT_EQ(subset_size({.exponent = 0.5, .per_seed = true, .count = 17}, 1000000), 17);
  EXPECT_EQ(subset_size({}, 999 * 999), 999);
}

TEST(Subset, HoldoutIsOutsideEverySubsetOfTheRun) {
  const ImageIndex index = index_of(100);
  const Subset holdout = draw_holdout(index, 30, 5);
  EXPECT_EQ(holdout.images.size(), 30U);
  for (std::uint64_t seed = 0; seed < 20; ++seed) {
    for (const SubsetOf of : {SubsetOf::seed, SubsetOf::search, SubsetOf::shared}) {
      const Subset subset = draw_subset(index, holdout, {.of = of, .seed = seed, .count = 70});
      std::vector<std::int64_t> both;
      std::merge(subset.images.begin(), subset.images.end(), holdout.images.begin(), holdout.images.end(),
                 std::back_inserter(both));
      EXPECT_EQ(std::set(both.begin(), both.end()).size(), 100U);
    }
  }
}

TEST(Subset, EachStreamDrawsItsOwnAndRepeatsIt) {
  const ImageIndex index = index_of(1000);
  std::set<std::vector<std::int64_t>> drawn;
  for (std::uint64_t seed = 0; seed < 5; ++seed) {
    for (const SubsetOf of : {SubsetOf::seed, SubsetOf::search, SubsetOf::shared}) {
      const SubsetRequest request{.of = of, .seed = seed, .count = 100};
      const Subset subset = draw_subset(index, {}, request);
      EXPECT_EQ(subset.images, draw_subset(index, {}, request).images);
      EXPECT_TRUE(std::is_sorted(subset.images.begin(), subset.images.end()));
      drawn.insert(subset.images);
    }
  }
  EXPECT_EQ(drawn.size(), 15U);
}

TEST(Subset, EachImageIsEquallyLikely) {
  const ImageIndex index = index_of(20);
  std::vector<int> times(20, 0);
  for (std::uint64_t seed = 0; seed < 4000; ++seed) {
    for (const std::int64_t image :
         draw_subset(index, {}, {.of = SubsetOf::seed, .seed = seed, .count = 5}).images) {
      ++times[static_cast<std::size_t>(image)];
    }
  }
  for (const int count : times) EXPECT_NEAR(count, 1000, 5 * 27.4);  // binomial, sd 27.4
}

TEST(Subset, TooFewImagesIsAnErrorWithTheNumbers) {
  const ImageIndex index = index_of(100);
  EXPECT_THAT(error_of<DataError>([&] { draw_holdout(index, 101, 0); }),
              AllOf(HasSubstr("100 images"), HasSubstr("asks for 101")));
  const Subset holdout = draw_holdout(index, 10, 0);
  EXPECT_THAT(error_of<DataError>([&] { draw_subset(index, holdout, {.count = 91}); }),
              AllOf(HasSubstr("100 images"), HasSubstr("needs 91"), HasSubstr("10 held out")));
}

TEST(Subset, ItsTableListsTheFilesWithTheirHashes) {
  const test::TemporaryFolder folder;
  test::write_image(folder / "a/1.png");
  test::write_image(folder / "b/2.png", {1, 2, 3});
  const ImageIndex index = index_images({.root = folder.path()}, 2);
  const CsvTable table = subset_table(index, {.images = {1}});
  EXPECT_THAT(table.columns(), ElementsAre("index", "path", "label", "sha256"));
  ASSERT_EQ(table.rows().size(), 1U);
  EXPECT_THAT(table.rows()[0], ElementsAre("1", "b/2.png", "1", sha256_of_file(folder / "b/2.png")));
}

}  // namespace
}  // namespace mirrortune
