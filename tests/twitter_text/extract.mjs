// The reference of rule P2.1 and of weighted lengths, for twitter_text_test.cc.
//
//   node extract.mjs IN OUT     each line of IN is a JSON string; the same line of
//                               OUT is the JSON array of its hashtags
//   node extract.mjs --weights IN OUT
//                               likewise, the weighted length, whether the text is free of
//                               refused characters, and how many mentions there are
//   node extract.mjs --characters OUT
//                               the code points that may stand in a hashtag, one
//                               range a line: first and last, decimal
//
// Runs in a folder with its node_modules.
import { readFileSync, writeFileSync } from 'node:fs';
import twitter from 'twitter-text';

const { extractHashtags, extractMentions, hasInvalidCharacters, parseTweet } = twitter;

function tagCharacters() {
  const ranges = [];
  // Some hundred in a text: most of the time goes into looking for URLs.
  for (let begin = 0; begin < 0x110000; begin += 256) {
    const characters = [];
    for (let codePoint = begin; codePoint < begin + 256; ++codePoint) {
      if (codePoint < 0xd800 || codePoint >= 0xe000) {
        characters.push(String.fromCodePoint(codePoint));
      }
    }
    const text = characters.map((character) => `#a${character}`).join(' ');
    const tags = new Set(extractHashtags(text));
    for (const character of characters) {
      if (tags.has(`a${character}`)) {
        const codePoint = character.codePointAt(0);
        const last = ranges[ranges.length - 1];
        if (last !== undefined && last[1] === codePoint - 1) {
          last[1] = codePoint;
        } else {
          ranges.push([codePoint, codePoint]);
        }
      }
    }
  }
  return ranges.map(([first, last]) => `${first} ${last}`);
}

function weights(text) {
  return [
    parseTweet(text).weightedLength,
    hasInvalidCharacters(text) ? 0 : 1,
    extractMentions(text).length,
  ].join(' ');
}

function eachLine(input, answer) {
  return readFileSync(input, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => answer(JSON.parse(line)));
}

const given = process.argv.slice(2);
const lines =
  given[0] === '--characters'
    ? tagCharacters()
    : given[0] === '--weights'
      ? eachLine(given[1], weights)
      : eachLine(given[0], (text) => JSON.stringify(extractHashtags(text)));
writeFileSync(given[given.length - 1], lines.join('\n') + '\n');
