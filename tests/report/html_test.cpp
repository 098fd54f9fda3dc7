#include "report/detail/html.h"

#include <gtest/gtest.h>

#include "report/detail/format.h"

namespace mirrortune::report {
namespace {

TEST(EscapeHtml, LeavesNothingThatMarkupCouldStartOrEndWith) {
  EXPECT_EQ(escape_html("<b a=\"c\" d='e'>&"), "&lt;b a=&quot;c&quot; d=&#39;e&#39;&gt;&amp;");
  EXPECT_EQ(escape_html("Δ φ′ ·"), "Δ φ′ ·");
  EXPECT_EQ(escape_html(""), "");
}

TEST(EscapeHtml, ShowsControlCharactersAndBrokenUtf8) {
  EXPECT_EQ(escape_html(std::string("a\x01\xff", 3)), "a\\x01\\xff");
}

TEST(EscapeLines, KeepsLineEnds) { EXPECT_EQ(escape_lines("a: <\nb: 1\n"), "a: &lt;\nb: 1\n\n"); }

TEST(ScriptJson, CannotEndTheScriptElementAndReadsBackTheSame) {
  const Json document = {{"</script><!--", "<script>\xE2\x80\xA8"}};
  const std::string text = script_json(document);
  EXPECT_EQ(text.find('<'), std::string::npos);
  EXPECT_EQ(Json::parse(text), document);
}

TEST(EscapeAddress, EncodesAllThatCouldLeaveTheAttributeOrTheFolder) {
  EXPECT_EQ(escape_address("a b\"%#?:ä_files"), "a%20b%22%25%23%3F%3A%C3%A4_files");
  EXPECT_EQ(escape_address("plain-1.0_x/y~"), "plain-1.0_x/y~");
}

TEST(HtmlTable, HasACaptionAndHeadsForRowsAndColumns) {
  const HtmlTable table{.caption = "A & B", .head = {"name", "value"}, .rows = {{{"<x>"}, {"1", "best"}}}};
  const std::string html = table.html();
  EXPECT_NE(html.find("<caption><span>A &amp; B</span></caption>"), std::string::npos);
  EXPECT_NE(html.find("<th scope=\"col\" class=\"number\">value</th>"), std::string::npos);
  EXPECT_NE(html.find("<th scope=\"row\" class=\"text\">&lt;x&gt;</th>"), std::string::npos);
  EXPECT_NE(html.find("<td class=\"number best\">1</td>"), std::string::npos);
}

TEST(Show, WritesADashForWhatIsNotFinite) {
  EXPECT_EQ(show(NAN), "–");
  EXPECT_EQ(show(INFINITY), "–");
  EXPECT_EQ(show_percent(NAN), "–");
  EXPECT_EQ(show_count(NAN), "–");
  EXPECT_EQ(show(spread({NAN})), "–");
}

TEST(Show, RoundsForPeople) {
  EXPECT_EQ(show(0.08612), "0.0861");
  EXPECT_EQ(show_count(538640), "538,640");
  EXPECT_EQ(show_count(640), "640");
  EXPECT_EQ(show(spread({0.08, 0.09, 0.10, NAN})), "0.090 ± 0.010");
  EXPECT_EQ(show(spread({0.0861})), "0.086");
}

TEST(ShowPercent, SaysHundredOnlyForAll) {
  EXPECT_EQ(show_percent(1.0), "100 %");
  EXPECT_EQ(show_percent(0.99999), "99.9 %");
  EXPECT_EQ(show_percent(0.5), "50 %");
  EXPECT_EQ(show_percent(0.8912), "89.1 %");
}

TEST(Rounded, KeepsTheDigitsAskedFor) {
  EXPECT_EQ(rounded(0.123456), 0.1235);
  EXPECT_EQ(rounded(1234567.0), 1235000.0);
  EXPECT_TRUE(std::isnan(rounded(NAN)));
}

TEST(ListInWords, JoinsAsPeopleDo) {
  EXPECT_EQ(list_in_words({}), "");
  EXPECT_EQ(list_in_words({"a"}), "a");
  EXPECT_EQ(list_in_words({"a", "b", "c"}), "a, b and c");
}

}  // namespace
}  // namespace mirrortune::report
