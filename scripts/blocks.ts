/**
 * Blocks of a Markdown file that are made and not written: what stands between
 * `<!-- generated: name -->` and `<!-- end -->`. Finds and replaces them; knows no file.
 */

const END = "<!-- end -->";

/** What stands in the block, without the empty lines around it. @throws where there is no such block. */
export function blockOf(markdown: string, name: string): string {
  const { from, to } = placeOf(markdown, name);
  return markdown.slice(from, to).trim();
}

/** The file with other content in the block; all else stays. @throws where there is no such block. */
export function withBlock(markdown: string, name: string, content: string): string {
  const { from, to } = placeOf(markdown, name);
  return `${markdown.slice(0, from)}\n\n${content.trim()}\n\n${markdown.slice(to)}`;
}

function placeOf(markdown: string, name: string): { readonly from: number; readonly to: number } {
  const start = `<!-- generated: ${name} -->`;
  const from = markdown.indexOf(start) + start.length;
  const to = markdown.indexOf(END, from);
  if (!markdown.includes(start) || to < 0) {
    throw new Error(`cannot find the block ${name}: no ${start} with ${END} behind it`);
  }
  return { from, to };
}
