// What a programmer would first write in Node.js: parse each line, look each hashtag of
// its text up in a set, count the lines with a hit.
//
//   node count_node.js TAGS DUMP     (TAGS: lower case, one a line)
const fs = require('fs');
const readline = require('readline');

const tags = new Set(fs.readFileSync(process.argv[2], 'utf8').split('\n').filter(Boolean));

async function main() {
  let count = 0;
  const lines = readline.createInterface({ input: fs.createReadStream(process.argv[3]) });
  for await (const line of lines) {
    let post;
    try {
      post = JSON.parse(line);
    } catch {
      continue;
    }
    for (const match of (post.text || '').matchAll(/#([\p{L}\p{M}\p{N}_]+)/gu)) {
      if (tags.has(match[1].toLowerCase())) {
        ++count;
        break;
      }
    }
  }
  console.log(count);
}

main();
