#include "gateway/remote/event_reader.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace gateway::remote {
namespace {

/// Each event as `name|data`.
std::vector<std::string> events(EventReader& reader, std::string_view bytes) {
  std::vector<std::string> all;
  while (auto const event = reader.next(bytes))
    all.push_back(std::string(event->name) + "|" + std::string(event->data));
  return all;
}

std::vector<std::string> events(std::string_view bytes) {
  EventReader reader(1000);
  return events(reader, bytes);
}

using All = std::vector<std::string>;

TEST(EventReader, ReadsEventsOfAllLineEnds) {
  for (auto const* const end : {"\n", "\r", "\r\n"}) {
    std::string text = "event: endpoint@data: /messages@@data:{}@@";
    for (auto at = text.find('@'); at != text.npos; at = text.find('@', at)) text.replace(at, 1, end);
    EXPECT_EQ((All{"endpoint|/messages", "message|{}"}), events(text)) << end;
  }
}

TEST(EventReader, ReadsAnEventThatComesByteByByte) {
  std::string const text = "\xEF\xBB\xBFid: 7\r\nevent: x\r\ndata: a\r\ndata: b\r\n\r\ndata: c\n\n";
  EventReader reader(1000);
  All all;
  for (auto const c : text)
    for (auto& event : events(reader, {&c, 1})) all.push_back(event);
  EXPECT_EQ((All{"x|a\nb", "message|c"}), all);
  EXPECT_EQ("7", reader.last_id());
}

TEST(EventReader, IgnoresCommentsUnknownFieldsAndEventsWithoutData) {
  EXPECT_EQ((All{"message|{}"}), events(": ping\n\nevent: x\n\nfoo: bar\ndata\n\ndata: {}\n\n"));
}

TEST(EventReader, KnowsAnIdOnceItsEventIsWhole) {
  EventReader reader(1000);
  EXPECT_TRUE(events(reader, "id: 1\ndata:\n\nid: 2\ndata: x\n").empty());
  EXPECT_EQ("1", reader.last_id());
  reader.restart();
  EXPECT_EQ((All{"message|y"}), events(reader, "data: y\n\n"));
  EXPECT_EQ("1", reader.last_id());
}

TEST(EventReader, KnowsHowLongTheServerWantsToBeLeftAlone) {
  EventReader reader(1000);
  EXPECT_EQ(std::nullopt, reader.retry());
  EXPECT_TRUE(events(reader, "retry: 250\nretry: soon\nretry: -1\n\n").empty());
  EXPECT_EQ(std::chrono::milliseconds(250), reader.retry());
}

TEST(EventReader, ReadsNothingMoreOnceAnEventIsTooLarge) {
  EventReader reader(10);
  EXPECT_TRUE(events(reader, "data: 12345\ndata: 67890\n\ndata: x\n\n").empty());
  EXPECT_TRUE(reader.too_large());
}

}  // namespace
}  // namespace gateway::remote
