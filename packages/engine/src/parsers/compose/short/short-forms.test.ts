import { expect, test } from "vitest";
import { parsePorts } from "./port.ts";
import { shellWords } from "./shell-words.ts";
import { durationText, parseBytes, parseDuration } from "./units.ts";
import { ShortSyntaxFault, parseVolume } from "./volume.ts";

test.each([
  ["80", [["", "", 80, "tcp"]]],
  ["8000:80/udp", [["", "8000", 80, "udp"]]],
  ["127.0.0.1::80", [["127.0.0.1", "", 80, "tcp"]]],
  ["[::1]:8000:80", [["::1", "8000", 80, "tcp"]]],
  ["8000-8010:80", [["", "8000-8010", 80, "tcp"]]],
  [
    "99-101:99-101",
    [
      ["", "100", 100, "tcp"],
      ["", "101", 101, "tcp"],
      ["", "99", 99, "tcp"],
    ],
  ],
])("the port %j is understood", (spec, expected) => {
  expect(parsePorts(spec).map((port) => [port.hostIp, port.published, port.target, port.protocol])).toEqual(expected);
});

test.each(["", ":80:", "abc", "80:abc", "70000", "8000-8002:80-81", "80/foo", "82-80", "nohost:80:80", "::1:80:80"])(
  "the port %j is refused",
  (spec) => {
    expect(() => parsePorts(spec)).toThrow(ShortSyntaxFault);
  },
);

test.each([
  ["/a", "volume", "", "/a"],
  ["data:/a", "volume", "data", "/a"],
  ["./x:/a:ro", "bind", "./x", "/a"],
  ["~/x:/a", "bind", "~/x", "/a"],
  ["C:\\x:/a", "bind", "C:\\x", "/a"],
  ["v:/v", "volume", "", "v:/v"],
])("the volume %j is understood", (spec, type, source, target) => {
  expect(parseVolume(spec)).toMatchObject({ type, source, target });
});

test.each(["", ":/a", "/a:", "aa:bb:cc:dd"])("the volume %j is refused", (spec) => {
  expect(() => parseVolume(spec)).toThrow(ShortSyntaxFault);
});

test("a command is split as a shell would, nothing expanded", () => {
  expect(shellWords(`echo "a b" 'c "d"' e\\ f $HOME ""`)).toEqual(["echo", "a b", 'c "d"', "e f", "$HOME", ""]);
  expect(shellWords("a ; b")).toEqual(["a"]);
  expect(() => shellWords("a 'b")).toThrow(ShortSyntaxFault);
});

test("sizes are multiples of 1024, durations are printed as Go prints them", () => {
  expect(["64m", "1.5k", "512", "2gb", "1 kib"].map(parseBytes)).toEqual([
    67_108_864n,
    1536n,
    512n,
    2_147_483_648n,
    1024n,
  ]);
  expect(["90s", "1.5h", "100ms", "0", "1h1h"].map((text) => durationText(parseDuration(text)))).toEqual([
    "1m30s",
    "1h30m0s",
    "100ms",
    "0s",
    "2h0m0s",
  ]);
  expect(() => parseBytes("5x")).toThrow(ShortSyntaxFault);
  expect(() => parseDuration("5")).toThrow(ShortSyntaxFault);
});
