#include "config/weights_catalog.h"

#include <algorithm>
#include <set>
#include <string>

#include <gmock/gmock.h>

#include "base/error.h"
#include "base/file.h"
#include "models/names.h"
#include "support/paths.h"

namespace mirrortune::test {
namespace {

using testing::HasSubstr;

const std::string kGoodEntry =
    "  resnet18:\n"
    "    title: T\n"
    "    address: https://example.org/a.pth\n"
    "    files: [{name: a.pth, sha256: \"0123456789\", mib: 1.500}]\n"
    "    licence: MIT\n"
    "    licence_note: N\n"
    "    input: {kind: ffcv, resolution: 224, mean: [0.5, 0.5, 0.5], sd: [0.2, 0.2, 0.2]}\n";

std::string catalog(const std::string& entries) { return "schema_version: 1\nweights:\n" + entries; }

/// The good entry with one piece of it replaced.
std::string bent(const std::string& from, const std::string& to) {
  std::string entry = kGoodEntry;
  const std::size_t at = entry.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return catalog(entry.replace(at, from.size(), to));
}

std::string problem(const std::string& text) {
  try {
    parse_weights_catalog(text, "t.yaml");
    return "";
  } catch (const ConfigError& error) {
    return error.what();
  }
}

TEST(WeightsCatalog, EveryEntryIsOfANetworkOfTheRegistry) {
  std::vector<std::string> unknown;
  for (const WeightsEntry& entry : all_weights()) {
    if (std::ranges::find(kNetworkNames, entry.network) == kNetworkNames.end())
      unknown.push_back(entry.network);
  }
  EXPECT_THAT(unknown, testing::IsEmpty());
}

TEST(WeightsCatalog, EveryNetworkButThoseMadeForMnistAndForTestsHasPublishedWeights) {
  for (const auto network : kNetworkNames) {
    EXPECT_EQ(find_weights(network) != nullptr,
              !network.starts_with("elman_rnn") && network != "simsiam_resnet18")
        << network;
  }
}

TEST(WeightsCatalog, AddressesAreHttpsAndEndInTheirFilesNameOrHaveNoHash) {
  for (const WeightsEntry& entry : all_weights()) {
    if (entry.address.empty()) continue;
    EXPECT_TRUE(entry.address.starts_with("https://")) << entry.address;
    const PublishedFile& file = entry.files.front();
    EXPECT_TRUE(entry.address.ends_with("/" + file.name) || file.sha256.empty()) << entry.address;
  }
}

TEST(WeightsCatalog, HashesAreHexadecimalAndStandInTheNamesThatCarryThem) {
  for (const WeightsEntry& entry : all_weights()) {
    for (const PublishedFile& file : entry.files) {
      for (const auto& hash : {file.sha256, file.named_after_sha256}) {
        EXPECT_EQ(hash.find_first_not_of("0123456789abcdef"), std::string::npos) << file.name;
        EXPECT_TRUE(hash.empty() || (hash.size() >= 8 && hash.size() <= 64)) << file.name;
      }
      const std::string& named = file.named_after_sha256.empty() ? file.sha256 : file.named_after_sha256;
      if (named.empty()) continue;
      EXPECT_THAT(file.name, HasSubstr("-" + named.substr(0, 8)));
    }
  }
}

TEST(WeightsCatalog, NamesAreUniqueAndHashesBelongToOneNetwork) {
  std::set<std::string> networks;
  std::set<std::string> files;
  std::set<std::pair<std::string, std::string>> hashes;
  std::set<std::string> prefixes;
  for (const WeightsEntry& entry : all_weights()) {
    EXPECT_TRUE(networks.insert(entry.network).second) << entry.network;
    for (const PublishedFile& file : entry.files) {
      EXPECT_TRUE(files.insert(file.name).second) << file.name;
      if (file.sha256.empty()) continue;
      hashes.emplace(entry.network, file.sha256.substr(0, 8));
      prefixes.insert(file.sha256.substr(0, 8));
    }
  }
  EXPECT_EQ(hashes.size(), prefixes.size()) << "two networks share the start of a sha256";
}

TEST(WeightsCatalog, AFileIsRecognisedByItsContentUnderBothOfItsNames) {
  const std::string content = "7f5810bc96def8f7552d5b7e68d53c4786f81167d28291b21c0d90e1fca14934";
  const auto found = recognise_weights(content);
  ASSERT_TRUE(found);
  EXPECT_EQ(found->entry->network, "efficientnet_b0");
  EXPECT_EQ(found->file->name, "efficientnet_b0_rwightman-7f5810bc.pth");
  EXPECT_FALSE(found->is_origin);
  const PublishedFile& older = found->entry->files[1];
  EXPECT_EQ(older.name, "efficientnet_b0_rwightman-3dd342df.pth");
  EXPECT_TRUE(older.has_content(content)) << "the digits in the older name are not of its bytes";
}

TEST(WeightsCatalog, TheFileThatAnotherWasMadeFromIsToldApart) {
  const auto found = recognise_weights("3dd342df" + std::string(56, '0'));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->entry->network, "efficientnet_b0");
  EXPECT_TRUE(found->is_origin);
}

TEST(WeightsCatalog, UnknownContentIsNoKnownFile) {
  EXPECT_FALSE(recognise_weights(std::string(64, '0')));
  EXPECT_FALSE(find_weights("simsiam_resnet50")->files[0].has_content(std::string(64, '0')))
      << "where no hash is known nothing matches";
}

TEST(WeightsCatalog, TheRealLite0FileHasTheSizeAndContentOfItsEntry) {
  MIRRORTUNE_NEEDS_SHARED("data/weights/efficientnet-lite0-57934424.pth");
  const PublishedFile& file = find_weights("efficientnet_lite0")->files[0];
  EXPECT_EQ(std::filesystem::file_size(shared("data/weights/" + file.name)), file.bytes);
}

TEST(WeightsCatalog, ASizeInMiBIsHeldToItsRounding) {
  const PublishedFile file{.name = "a", .mib = 5.282};
  EXPECT_EQ(file.smallest_bytes(), 5538055u);
  EXPECT_EQ(file.largest_bytes(), 5539102u);
  EXPECT_NEAR(static_cast<double>(file.smallest_bytes()) / (1 << 20), 5.2815, 1e-6);
  const PublishedFile exact{.name = "a", .bytes = 7};
  EXPECT_EQ(exact.smallest_bytes(), 7u);
  EXPECT_EQ(exact.largest_bytes(), 7u);
}

TEST(ParseWeightsCatalog, AGoodTableIsRead) {
  const auto entries = parse_weights_catalog(catalog(kGoodEntry), "t.yaml");
  ASSERT_EQ(entries.size(), 1u);
  EXPECT_EQ(entries[0].network, "resnet18");
  EXPECT_EQ(entries[0].files[0].mib, 1.5);
  EXPECT_EQ(entries[0].input.resolution, 224);
  EXPECT_EQ(entries[0].input.sd[2], 0.2);
}

TEST(ParseWeightsCatalog, WhatIsWrongIsToldWithItsPlace) {
  EXPECT_THAT(problem(bent("licence: MIT", "licence: MIT\n    colour: red")),
              HasSubstr("t.yaml:8:5: unknown key 'colour' in resnet18"));
  EXPECT_THAT(problem(bent("title: T\n    ", "")), HasSubstr("resnet18 has no 'title'"));
  EXPECT_THAT(problem(bent("https://", "http://")), HasSubstr("must begin with https://"));
  EXPECT_THAT(problem(bent("address: https://example.org/a.pth\n    ", "")),
              HasSubstr("either an 'address' or a 'source'"));
  EXPECT_THAT(problem(bent("0123456789", "0123ABCDEF")), HasSubstr("hexadecimal"));
  EXPECT_THAT(problem(bent("0123456789", "0123")), HasSubstr("hexadecimal"));
  EXPECT_THAT(problem(bent("name: a.pth", "name: ../a.pth")), HasSubstr("is no file name"));
  EXPECT_THAT(problem(bent("mib: 1.500", "mib: 1.5, bytes: 7")), HasSubstr("says nothing beside 'bytes'"));
  EXPECT_THAT(problem(bent("mib: 1.500", "mib: -1")), HasSubstr("is no number above 0"));
  EXPECT_THAT(problem(bent("kind: ffcv", "kind: pil")), HasSubstr("'pil' is not one of torchvision, ffcv"));
  EXPECT_THAT(problem(bent("sd: [0.2, 0.2, 0.2]", "sd: [0.2, 0.2]")), HasSubstr("three numbers"));
  EXPECT_THAT(problem(bent("[{name: a.pth, sha256: \"0123456789\", mib: 1.500}]", "[]")),
              HasSubstr("one or more"));
  EXPECT_THAT(problem("schema_version: 2\nweights: {}\n"), HasSubstr("'schema_version' must be 1"));
  EXPECT_THAT(problem(""), HasSubstr("must be a map of keys"));
}

TEST(ParseWeightsCatalog, AFileNameOfTwoNetworksIsRefused) {
  std::string other = kGoodEntry;
  other.replace(other.find("resnet18"), 8, "resnet34");
  EXPECT_THAT(problem(catalog(kGoodEntry + other)),
              HasSubstr("'a.pth' is a file of resnet18 and of resnet34"));
}

}  // namespace
}  // namespace mirrortune::test
