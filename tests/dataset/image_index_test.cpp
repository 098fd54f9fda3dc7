#include "dataset/image_index.h"

#include <fstream>

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <gmock/gmock.h>

#include "dataset/class_order.h"
#include "dataset/dataset_support.h"

namespace mirrortune {
namespace {

using test::error_of;
using test::TemporaryFolder;
using test::write_image;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> paths_of(const ImageIndex& index) {
  std::vector<std::string> paths;
  for (const ImageEntry& image : index.images) paths.push_back(image.path);
  return paths;
}

std::vector<std::int64_t> labels_of(const ImageIndex& index) {
  std::vector<std::int64_t> labels;
  for (const ImageEntry& image : index.images) labels.push_back(image.label);
  return labels;
}

/// The sentence of the DataError (or `E`) that indexing gives.
template <class E = DataError>
std::string refusal(const DataOptions& data, std::int64_t classes) {
  return error_of<E>([&] { index_images(data, classes); });
}

class FolderOfImages : public testing::Test {
 protected:
  void add(const std::string& name) { write_image(folder_ / name); }
  void add_text(const std::string& name, const std::string& text) {
    std::filesystem::create_directories((folder_ / name).parent_path());
    write_file(folder_ / name, text);
  }
  DataOptions options() const { return {.root = folder_.path()}; }

  TemporaryFolder folder_;
};

TEST_F(FolderOfImages, ImageFolderSortsClassesAndImagesBytewise) {
  for (const char* name : {"b/2.png", "b/10.png", "a-c/x.png", "a/z.png", "a/deep/y.png"}) add(name);
  const ImageIndex index = index_images(options(), 3);
  EXPECT_EQ(index.layout, kLayoutImageFolder);
  EXPECT_THAT(index.classes, ElementsAre("a", "a-c", "b"));
  EXPECT_THAT(paths_of(index), ElementsAre("a-c/x.png", "a/deep/y.png", "a/z.png", "b/10.png", "b/2.png"));
  EXPECT_THAT(labels_of(index), ElementsAre(1, 0, 0, 2, 2));
}

TEST_F(FolderOfImages, HiddenFilesAreLeftOutAndOtherFilesCounted) {
  add("a/1.png");
  add(".hidden/1.png");
  add("a/.thumbnail.png");
  add_text("a/Thumbs.db", "x");
  add_text("notes.txt", "x");
  const ImageIndex index = index_images(options(), 1);
  EXPECT_THAT(paths_of(index), ElementsAre("a/1.png"));
  EXPECT_EQ(index.ignored, 2);
}

TEST_F(FolderOfImages, AnEmptyClassFolderIsAnError) {
  add("full/1.png");
  add_text("empty/readme.txt", "nothing here");
  EXPECT_THAT(refusal(options(), 2), AllOf(HasSubstr("'empty'"), HasSubstr("no image")));
}

TEST_F(FolderOfImages, AnnotationsGiveWnidsToImagesOfTheRootOrOfImages) {
  add("images/v1.png");
  add("v2.png");
  add("images/unlabelled.png");
  add_text("val_annotations.txt", "v1.png\tn02\t0\t0\t62\t62\r\nv2.png\tn01\n\n");
  const ImageIndex index = index_images(options(), 2);
  EXPECT_EQ(index.layout, kLayoutLabelFile);
  EXPECT_THAT(index.classes, ElementsAre("n01", "n02"));
  EXPECT_THAT(paths_of(index), ElementsAre("images/v1.png", "v2.png"));
  EXPECT_THAT(labels_of(index), ElementsAre(1, 0));
  EXPECT_EQ(index.ignored, 1);
}

TEST_F(FolderOfImages, LabelsCsvMayHoldIndices) {
  add("a,b.png");
  add("c.png");
  add_text("labels.csv", "file,label\r\n\"a,b.png\",11\r\nc.png,0\r\n");
  const ImageIndex index = index_images(options(), 12);
  EXPECT_EQ(index.classes.size(), 12U);
  EXPECT_THAT(labels_of(index), ElementsAre(11, 0));
  EXPECT_THAT(refusal(options(), 11), AllOf(HasSubstr("label 11"), HasSubstr("0 … 10")));
  EXPECT_EQ(index_images(options(), 0).classes.size(), 12U);
}

TEST_F(FolderOfImages, GroundTruthNumbersNeedTheirWnids) {
  add("images/ILSVRC2012_val_00000001.png");
  add("images/ILSVRC2012_val_00000002.png");
  add_text("ILSVRC2012_validation_ground_truth.txt", "490\n361\n");
  EXPECT_THAT(refusal<MissingError>(options(), 2), HasSubstr("id,wnid"));
  add_text("ids.csv", "id,wnid\n361,n02\n490,n01\n");
  const ImageIndex index = index_images(options(), 2);
  EXPECT_THAT(index.classes, ElementsAre("n01", "n02"));
  EXPECT_THAT(labels_of(index), ElementsAre(0, 1));
  add_text("ids.csv", "id,wnid\n361,n02\n");
  EXPECT_THAT(refusal(options(), 2), HasSubstr("no row for the id 490"));
  add("images/ILSVRC2012_val_00000003.png");
  EXPECT_THAT(refusal(options(), 2), AllOf(HasSubstr("2 lines"), HasSubstr("3 images")));
}

TEST_F(FolderOfImages, ALabelFileOfAnyNameCanBeGiven) {
  add("data/1.png");
  add_text("elsewhere/truth.csv", "file,label\n1.png,cat\n");
  const DataOptions data{.root = folder_ / "data", .labels = (folder_ / "elsewhere/truth.csv").string()};
  EXPECT_THAT(index_images(data, 1).classes, ElementsAre("cat"));
}

TEST_F(FolderOfImages, TwoLabelFilesMustBeChosenFrom) {
  add("1.png");
  add_text("labels.csv", "file,label\n1.png,cat\n");
  add_text("val_annotations.txt", "1.png\tdog\n");
  EXPECT_THAT(refusal(options(), 1), AllOf(HasSubstr("labels.csv"), HasSubstr("val_annotations.txt")));
}

TEST_F(FolderOfImages, WrongLabelFilesAreNamedWithTheLine) {
  add("1.png");
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"file,label\n1.png,cat\n2.png,cat\n", "'2.png' has a label but is not there"},
      {"file,label\n1.png,cat\n1.png,dog\n", "'1.png' has a label twice"},
      {"file,label\n1.png,\n", "labels.csv:2: the label is empty"},
      {"file,label\n../1.png,cat\n", "leaves the folder"},
      {"file,label\n/etc/passwd,cat\n", "leaves the folder"},
      {"file,label\n1.png\n", "labels.csv:2"},
      {"file,label\n", "no labelled image"},
      {"", "neither a table"},
      {"some prose\n", "neither a table"},
      {"1.png\tcat\nsome prose\n", "labels.csv:2: 'some prose'"},
      {"file,label\n1.png,-1\n", "negative"},
  };
  for (const auto& [text, words] : cases) {
    add_text("labels.csv", text);
    EXPECT_THAT(refusal(options(), 1), HasSubstr(words)) << text;
  }
}

TEST_F(FolderOfImages, ANetworkOfAnotherSizeIsAnErrorThatNamesBoth) {
  add("a/1.png");
  add("b/1.png");
  EXPECT_THAT(refusal(options(), 200), AllOf(HasSubstr("2 classes"), HasSubstr("network has 200")));
}

TEST_F(FolderOfImages, ANetworkOfThousandClassesTakesImageNetsOrder) {
  add("n01443537/1.png");
  add("n12768682/1.png");
  const ImageIndex index = index_images(options(), 1000);
  EXPECT_EQ(index.classes.size(), 1000U);
  EXPECT_THAT(labels_of(index), ElementsAre(1, 990));
  add("n00000001/1.png");
  EXPECT_THAT(refusal(options(), 1000), AllOf(HasSubstr("n00000001"), HasSubstr("ImageNet's list")));
}

TEST_F(FolderOfImages, AClassOrderOfTheUserOverrides) {
  add("images/cat/1.png");
  add("images/dog/1.png");
  add_text("order.txt", "dog\nbird\ncat\n");
  DataOptions data{.root = folder_ / "images", .class_order = folder_ / "order.txt"};
  EXPECT_THAT(labels_of(index_images(data, 3)), ElementsAre(2, 0));
  EXPECT_THAT(refusal(data, 2), AllOf(HasSubstr("3 classes"), HasSubstr("network has 2")));
  add_text("order.txt", "dog\nbird\n");
  EXPECT_THAT(refusal(data, 2), AllOf(HasSubstr("'cat'"), HasSubstr("order.txt")));
  add_text("order.txt", "dog\ndog\n");
  EXPECT_THAT(refusal(data, 2), HasSubstr("twice"));
}

TEST_F(FolderOfImages, FoldersNamedByNumbersAreIndices) {
  for (const char* name : {"0/1.png", "2/1.png", "10/1.png"}) add(name);
  const ImageIndex index = index_images(options(), 11);
  EXPECT_THAT(paths_of(index), ElementsAre("0/1.png", "10/1.png", "2/1.png"));
  EXPECT_THAT(labels_of(index), ElementsAre(0, 10, 2));
}

TEST_F(FolderOfImages, AFifoOrSocketIsNamedAndNeverOpened) {
  add("a/1.png");
  ASSERT_EQ(::mkfifo((folder_ / "a/pipe.jpg").c_str(), 0600), 0);
  EXPECT_THAT(refusal(options(), 1), AllOf(HasSubstr("'pipe.jpg'"), HasSubstr("a FIFO")));
  std::filesystem::remove(folder_ / "a/pipe.jpg");
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  (folder_ / "s").string().copy(address.sun_path, sizeof(address.sun_path) - 1);
  const int listener = ::socket(AF_UNIX, SOCK_STREAM, 0);
  ASSERT_EQ(::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  EXPECT_THAT(refusal(options(), 1), AllOf(HasSubstr("'s'"), HasSubstr("a socket")));
  ::close(listener);
}

TEST_F(FolderOfImages, ALabelledFifoIsRefusedInALabelledFolder) {
  ASSERT_EQ(::mkfifo((folder_ / "1.png").c_str(), 0600), 0);
  add_text("labels.csv", "file,label\n1.png,cat\n");
  EXPECT_THAT(refusal(options(), 1), HasSubstr("1.png"));
}

TEST_F(FolderOfImages, WhatIsNoFolderOfImagesIsSaid) {
  add("1.png");
  EXPECT_THAT(refusal(options(), 1), HasSubstr("no label file and no class folders"));
  EXPECT_THAT(refusal<MissingError>({.root = folder_ / "nowhere"}, 1), HasSubstr("nowhere"));
}

TEST(ImageIndex, TinyImageNetHasItsPublishedClassOrder) {
  MIRRORTUNE_NEEDS_SHARED("data/tiny-imagenet");
  const ImageIndex index = index_images({.root = test::shared("data/tiny-imagenet/val")}, 200);
  EXPECT_EQ(index.images.size(), 5000U);
  std::ifstream wnids(test::shared("data/tiny-imagenet/wnids.txt"));
  std::vector<std::string> expected;
  for (std::string wnid; wnids >> wnid;) expected.push_back(wnid);
  EXPECT_EQ(index.classes, expected);
  const ImageIndex train = index_images({.root = test::shared("data/tiny-imagenet/train")}, 200);
  EXPECT_EQ(train.classes, expected);
  EXPECT_EQ(train.images.size(), 1000U);
}

TEST(ImageIndex, APartOfImageNetIsLabelledForAThousandClasses) {
  MIRRORTUNE_NEEDS_SHARED("data/imagenet-sample");
  const ImageIndex index = index_images({.root = test::shared("data/imagenet-sample")}, 1000);
  ASSERT_EQ(index.images.size(), 100U);
  for (const ImageEntry& image : index.images) {
    EXPECT_EQ(index.classes[static_cast<std::size_t>(image.label)], image.path.substr(0, 9));
  }
}

TEST(ClassOrder, ImageNetsListIsBuiltIn) {
  ASSERT_EQ(imagenet_wnids().size(), 1000U);
  EXPECT_EQ(imagenet_wnids().front(), "n01440764");
  EXPECT_EQ(imagenet_wnids().back(), "n15075141");
}

}  // namespace
}  // namespace mirrortune
