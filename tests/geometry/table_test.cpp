#include "geometry/table.h"

#include <cmath>
#include <string>
#include <vector>

#include <gmock/gmock.h>

#include "base/error.h"
#include "base/file.h"
#include "support/paths.h"

namespace mirrortune {
namespace {

using testing::Contains;
using testing::DoubleEq;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

PairsTable read(const std::string& text, const TableOptions& options = {}) {
  const test::TemporaryFolder folder;
  write_file(folder / "t.csv", std::string_view(text));
  return read_pairs(folder / "t.csv", options);
}

PairsTable read(const std::string& text, const std::string& before, const std::string& after) {
  return read(text, {.sessions = SessionPair{before, after}});
}

TEST(LongTable, ComparesItsFirstAndItsLastSession) {
  const PairsTable table = read(
      "id,session,size\n"
      "b,10,4\n"
      "a,2,1\n"
      "a,9,2\n"
      "a,10,3\n"
      "b,2,5\n");
  EXPECT_THAT(table.pairs.before, ElementsAre(5, 1));
  EXPECT_THAT(table.pairs.after, ElementsAre(4, 3));
  EXPECT_EQ(table.sessions.before, "2");
  EXPECT_EQ(table.sessions.after, "10");
  EXPECT_EQ(table.counts.rows, 5u);
  EXPECT_TRUE(table.pairs.groups.empty());
  EXPECT_TRUE(table.pairs.se_before.empty());
  EXPECT_FALSE(table.noise);
  EXPECT_THAT(table.notes, Contains("sessions '2' and '10' of 3 are compared"));
}

TEST(LongTable, ComparesTheSessionsThatAreChosen) {
  const std::string text =
      "Session,ID,Size\n"
      "1,a,1\n2,a,2\n3,a,3\n"
      "1,b,4\n3,b,5\n";
  EXPECT_THAT(read(text, "3", "2").pairs.before, ElementsAre(3));
  EXPECT_THAT(read(text, "3", "2").pairs.after, ElementsAre(2));
  EXPECT_THROW(read(text, "1", "4"), UsageError);
}

TEST(LongTable, SaysWhenOnlyTheAlphabetOrdersItsSessions) {
  const std::string text = "id,session,size\n1,trained,1\n1,naive,2\n";
  EXPECT_THAT(read(text).pairs.before, ElementsAre(2));
  EXPECT_THAT(read(text).notes, ElementsAre(HasSubstr("'naive' is taken as the earlier one")));
  EXPECT_THAT(read(text, "naive", "trained").notes, IsEmpty());
  EXPECT_THAT(read("id,session,size\n1,post,1\n1,pre,2\n").notes, IsEmpty());
  EXPECT_THAT(read("id,session,size\n1,day9,1\n1,day10,2\n").notes, IsEmpty());
  EXPECT_THAT(read("id,session,size\n1,-4,1\n1,4,2\n").notes, IsEmpty());
}

TEST(LongTable, MayNameItsSizesSpineVolumes) {
  EXPECT_THAT(read("id,session,spine_vol_um3\n1,1,0.1\n1,2,0.2\n").pairs.after, ElementsAre(0.2));
}

TEST(WideTable, ComparesItsFirstAndItsLastColumn) {
  const PairsTable table = read(
      "id,t0,t1,t2\n"
      "a,1,,2\n"
      "b,3,4,\n"
      "c,,5,6\n"
      "d,,7,NA\n"
      "e,8,NaN,9\n");
  EXPECT_THAT(table.pairs.before, ElementsAre(1, 8));
  EXPECT_THAT(table.pairs.after, ElementsAre(2, 9));
  EXPECT_EQ(table.counts.synapses, 5u);
  EXPECT_EQ(table.counts.pairs, 2u);
  EXPECT_EQ(table.counts.only_before, 1u);
  EXPECT_EQ(table.counts.only_after, 1u);
  EXPECT_EQ(table.counts.in_neither, 1u);
  EXPECT_THAT(table.notes,
              ElementsAre("columns not compared: 't1'",
                          "3 of 5 synapses are no pair: 1 only before (lost), 1 only after (new), 1 "
                          "in neither session"));
}

TEST(WideTable, ComparesTheColumnsThatAreChosen) {
  const std::string text = "id,t0,t1,t2\na,1,2,3\nb,,5,6\n";
  EXPECT_THAT(read(text, "t1", "t2").pairs.before, ElementsAre(2, 5));
  EXPECT_THROW(read(text, "t0", "t3"), UsageError);
  EXPECT_THROW(read(text, "t0", "id"), UsageError);
}

TEST(WideTable, MayHaveColumnsWithoutAName) {
  EXPECT_THAT(read(",id,4,0,\n0,a,1,2,\n1,b,3,4,\n").pairs.after, ElementsAre(2, 4));
}

TEST(PreAndPost, NeedNoIds) {
  const PairsTable table = read("pre,post\n1,2\n3,\n5,6\n");
  EXPECT_THAT(table.pairs.before, ElementsAre(1, 5));
  EXPECT_THAT(table.pairs.after, ElementsAre(2, 6));
  EXPECT_EQ(table.counts.only_before, 1u);
  EXPECT_EQ(table.sessions.before, "pre");
}

TEST(PreAndPost, AreThePairOfAWideTableWhereverTheyStand) {
  const PairsTable table = read("post,id,middle,pre\n2,a,7,1\n");
  EXPECT_THAT(table.pairs.before, ElementsAre(1));
  EXPECT_THAT(table.pairs.after, ElementsAre(2));
  EXPECT_THAT(table.notes, ElementsAre("columns not compared: 'middle'"));
}

TEST(SpineTable, WithoutAHeaderIsKnownByItsThirteenColumns) {
  const std::string rest = ",0,0,0,0,0,0,0,0\n";
  const PairsTable table = read("1,1,1,1,0.5" + rest + "1,1,1,2,0.75" + rest + "1,1,2,1,1" + rest +
                                "1,2,1,2,7" + rest + "1,2,1,1,3" + rest);
  EXPECT_THAT(table.pairs.before, ElementsAre(0.5, 3));
  EXPECT_THAT(table.pairs.after, ElementsAre(0.75, 7));
  EXPECT_THAT(table.pairs.groups, ElementsAre(0, 1));
  EXPECT_THAT(table.pairs.group_names, ElementsAre("1/1", "1/2"));
  EXPECT_EQ(table.counts.only_before, 1u);
  EXPECT_THAT(table.notes[0], HasSubstr("cell, dendrite, spine, session, intensity"));
}

TEST(Ids, Of19DigitsAreNeverOneSynapse) {
  const PairsTable table = read(
      "id,t0,t1\n"
      "864691135502184001,1,2\n"
      "864691135502184002,3,4\n"
      "9223372036854775807,5,6\n"
      "9223372036854775808,7,8\n");
  EXPECT_THAT(table.pairs.before, ElementsAre(1, 3, 5, 7));
}

TEST(Ids, MayBeAnyText) {
  EXPECT_THAT(read("id,t0,t1\n12e4,1,2\n1.5,3,4\n\"a, b\",5,6\n01,7,8\n1,9,10\n").pairs.before,
              ElementsAre(1, 3, 5, 7, 9));
}

TEST(Groups, AreClustersOfThePairs) {
  const PairsTable table = read(
      "id,group,t0,t1\n"
      "1,lost cell,1,\n"
      "2,b,1,2\n"
      "3,a,1,2\n"
      "4,b,1,2\n");
  EXPECT_THAT(table.pairs.groups, ElementsAre(0, 1, 0));
  EXPECT_THAT(table.pairs.group_names, ElementsAre("b", "a"));
}

TEST(Signs, MultiplyTheSizes) {
  const PairsTable table = read("id,sign,t0,t1\n1,e,1,2\n2,I,3,4\n3,-1,5,6\n4,+1,7,8\n");
  EXPECT_THAT(table.pairs.before, ElementsAre(1, -3, -5, 7));
  EXPECT_THAT(table.pairs.after, ElementsAre(2, -4, -6, 8));
  EXPECT_EQ(table.counts.negative_sizes, 0u);
}

TEST(StandardErrors, BelongToEachSize) {
  const PairsTable of_rows = read("id,session,size,se\na,0,1,0.1\na,1,2,0.2\n");
  EXPECT_THAT(of_rows.pairs.se_before, ElementsAre(0.1));
  EXPECT_THAT(of_rows.pairs.se_after, ElementsAre(0.2));
  const PairsTable of_both = read("pre,post,se\n1,2,0.3\n");
  EXPECT_THAT(of_both.pairs.se_before, ElementsAre(0.3));
  EXPECT_THAT(of_both.pairs.se_after, ElementsAre(0.3));
  const PairsTable of_columns = read("id,t0,se_t0,t1,se_t1\na,1,0.1,2,0.2\nb,1,0.3,,\n");
  EXPECT_THAT(of_columns.pairs.se_before, ElementsAre(0.1));
  EXPECT_THAT(of_columns.pairs.se_after, ElementsAre(0.2));
}

TEST(Repeats, AreAveragedAndTellTheNoise) {
  const PairsTable table = read(
      "id,session,size,repeat,se\n"
      "a,0,0.9,1,0.3\n"
      "a,0,1.1,2,0.4\n"
      "a,1,2,1,0.1\n"
      "b,0,10,1,0.1\n"
      "b,1,18,1,0.1\n"
      "b,1,22,2,0.1\n");
  EXPECT_THAT(table.pairs.before, ElementsAre(1, 10));
  EXPECT_THAT(table.pairs.after, ElementsAre(2, 20));
  EXPECT_THAT(table.pairs.se_before, ElementsAre(DoubleEq(0.25), DoubleEq(0.1)));
  ASSERT_TRUE(table.noise);
  EXPECT_NEAR(table.noise->cv, 0.1 * std::sqrt(2.0), 1e-9);
  EXPECT_NEAR(table.noise->add, 0, 1e-4);
  EXPECT_EQ(table.noise->repeats, 2u);
  EXPECT_DOUBLE_EQ(table.measurements_per_size, 4.0 / 3.0);
}

TEST(Repeats, MayBeRowsOfAWideTable) {
  const PairsTable table = read("id,repeat,t0,t1\na,1,1,3\na,2,2,\n");
  EXPECT_THAT(table.pairs.before, ElementsAre(1.5));
  EXPECT_THAT(table.pairs.after, ElementsAre(3));
}

TEST(Repeats, ThatNeverComeSayNothingOfTheNoise) {
  const PairsTable table = read("id,repeat,t0,t1\na,1,1,3\nb,1,2,4\n");
  EXPECT_FALSE(table.noise);
  EXPECT_THAT(table.notes, ElementsAre(HasSubstr("the noise is not known")));
}

TEST(StrangersTable, OfASpineTrackingProgramIsRead) {
  const PairsTable table = read(
      "\xEF\xBB\xBF"
      "ID;t0;t1\r\n"
      "864691135502184001;0.5;0.75\r\n"
      "864691135502184002;;0.2\r\n"
      "864691135502184003;0.25;\r\n"
      "864691135502184004;0;-1e-3\r\n"
      "864691135502184005;0.0;0\r\n"
      ";;\r\n");
  EXPECT_THAT(table.pairs.before, ElementsAre(0.5, 0, 0));
  EXPECT_THAT(table.pairs.after, ElementsAre(0.75, -1e-3, 0));
  EXPECT_EQ(table.counts.rows, 5u);
  EXPECT_EQ(table.counts.only_before, 1u);
  EXPECT_EQ(table.counts.only_after, 1u);
  EXPECT_EQ(table.counts.zero_sizes, 3u);
  EXPECT_EQ(table.counts.negative_sizes, 1u);
  EXPECT_THAT(table.notes, Contains(HasSubstr("3 sizes are 0 and 1 size is negative")));
}

TEST(StrangersTable, MayBeSeparatedByTabs) {
  EXPECT_THAT(read("id\tt0\tt1, last\na\t1\t2\n").pairs.after, ElementsAre(2));
}

TEST(GoodTable, HasNoNotes) { EXPECT_THAT(read("id,pre,post\na,1,2\n").notes, IsEmpty()); }

struct Refused {
  std::string name;
  std::string text;
  std::vector<std::string> words;  ///< each must stand in the message
};

class RefusedTables : public testing::TestWithParam<Refused> {};

TEST_P(RefusedTables, SayWhatIsWrongAndWhere) {
  try {
    read(GetParam().text);
    FAIL() << "must throw";
  } catch (const DataError& error) {
    for (const auto& word : GetParam().words) EXPECT_THAT(error.what(), HasSubstr(word));
  }
}

const std::vector<Refused> kRefused = {
    {"empty", "", {"t.csv", "it is empty"}},
    {"header_only", "id,t0,t1\n", {"t.csv", "no rows"}},
    {"utf16", std::string("\xFF\xFEi\0d\0", 6), {"t.csv", "UTF-8"}},
    {"unknown_columns", "a,b\n1,2\n", {"t.csv:1", "'a', 'b'", "id,session,size"}},
    {"no_header", "1,2\n3,4\n", {"t.csv:1", "its 2 columns have no names"}},
    {"long_without_size", "id,session,volume\n1,1,1\n", {"t.csv:1", "needs a column 'size'"}},
    {"long_without_id", "session,size\n1,1\n", {"t.csv:1", "needs a column 'id'"}},
    {"column_twice", "id,t0,t0\n1,1,1\n", {"t.csv:1", "two columns 't0'"}},
    {"spine_volumes", "id,spine_vol_um3,x\n1,1,1\n", {"spine_vol_um3", "unpaired data do not identify"}},
    {"one_size", "id,size\n1,1\n", {"one size per synapse (size)", "unpaired"}},
    {"one_session", "id,session,size\n1,a,1\n2,a,1\n", {"one session, 'a'", "unpaired"}},
    {"no_pair", "id,t0,t1\n1,1,\n2,,1\n", {"both 't0' and 't1'", "unpaired"}},
    {"no_sizes", "id,session,size\n1,a,\n", {"no sizes"}},
    {"decimal_comma", "id;t0;t1\n1;0.5;1\n2;0,5;1\n", {"t.csv:3", "'0,5' has a decimal comma"}},
    {"decimal_comma_of_thousands", "id;t0;t1\n1;\"1,000\";1\n", {"t.csv:2", "decimal comma"}},
    {"decimal_comma_between_commas", "id,t0,t1\n1,0,5,0,7\n", {"t.csv:2", "5 cells", "decimal comma"}},
    {"decimal_comma_without_header",
     "1;1;1;1;0,5;0;0;0;0;0;0;0;0\n",
     {"t.csv:1", "'0,5' has a decimal comma"}},
    {"short_row", "id,t0,t1\n\n1,2\n", {"t.csv:3", "2 cells", "the first one 3"}},
    {"not_a_number", "id,t0,t1\n1,2,good\n", {"t.csv:2", "'good' is not a number"}},
    {"infinite", "id,t0,t1\n1,2,inf\n", {"t.csv:2", "'inf' is not a finite number"}},
    {"unclosed_quote", "id,t0,t1\n\"1,2,3\n", {"t.csv:2", "not closed"}},
    {"id_twice", "id,t0,t1\n1,1,1\n2,1,1\n1,2,2\n", {"t.csv:4", "'1' is twice in session 't0'", "repeat"}},
    {"id_twice_in_a_session", "id,session,size\n2,b,1\n1,a,1\n1,a,2\n", {"t.csv:4", "session 'a'"}},
    {"repeat_twice", "id,repeat,t0,t1\n1,x,1,1\n1,x,2,2\n", {"t.csv:3", "with the repeat 'x'"}},
    {"repeat_without_id", "repeat,pre,post\n1,1,1\n", {"t.csv:1", "needs a column 'id'"}},
    {"no_id", "id,t0,t1\n,1,1\n", {"t.csv:2", "no id"}},
    {"rounded_id", "id,t0,t1\n8.64691135502184E+17,1,1\n", {"t.csv:2", "a rounded number"}},
    {"floating_id", "id,t0,t1\n864691135502184001.0,1,1\n", {"t.csv:2", "a rounded number"}},
    {"no_session", "id,session,size\n1,,1\n", {"t.csv:2", "no session"}},
    {"no_group", "id,group,t0,t1\n1,,1,1\n", {"t.csv:2", "no group"}},
    {"two_groups",
     "id,group,session,size\n1,a,1,1\n1,b,2,1\n",
     {"t.csv:3", "group 'b' here and in 'a' before"}},
    {"two_signs", "id,sign,session,size\n1,e,1,1\n1,i,2,1\n", {"t.csv:3", "other sign"}},
    {"unknown_sign", "id,sign,t0,t1\n1,plus,1,1\n", {"t.csv:2", "'plus'", "1, -1, e or i"}},
    {"no_se", "id,se,t0,t1\n1,,1,1\n", {"t.csv:2", "no standard error"}},
    {"negative_se", "id,se,t0,t1\n1,-1,1,1\n", {"t.csv:2", "'-1' is below 0"}},
    {"se_of_one_column", "id,t0,se_t0,t1\n1,1,1,1\n", {"t.csv:1", "standard errors"}},
};

INSTANTIATE_TEST_SUITE_P(All, RefusedTables, testing::ValuesIn(kRefused),
                         [](const auto& table) { return table.param.name; });

TEST(RefusedTable, ThatIsNotThereIsMissing) {
  EXPECT_THROW(read_pairs("/nowhere/t.csv"), MissingError);
  EXPECT_THROW(read_pairs(std::filesystem::temp_directory_path()), DataError);
}

}  // namespace
}  // namespace mirrortune
