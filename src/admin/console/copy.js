/** Puts a text on the clipboard, and says so. @param say tells the person */
export async function copy(text, say) {
  try {
    await writeToClipboard(text);
    say("Copied.");
  } catch {
    say("The browser keeps its clipboard closed here. Select the text and copy it by hand.");
  }
}

async function writeToClipboard(text) {
  if (navigator.clipboard !== undefined) return await navigator.clipboard.writeText(text);
  // A page that came over plain HTTP from another machine has no clipboard of its own.
  const area = document.createElement("textarea");
  area.value = text;
  area.className = "unseen";
  document.body.append(area);
  area.select();
  const copied = document.execCommand("copy");
  area.remove();
  if (!copied) throw new Error("not copied");
}
