// What mail clients leave of a mail, by the data of caniemail.com (package caniemail).
import data from "caniemail/caniemail.json" with { type: "json" };

// A client is the worst of its platforms: Gmail's apps drop <style> for accounts of others, and
// classic Outlook is Word since 2013. New Outlook is outlook.com in a window.
const CLIENTS = {
  gmail: [["gmail", "desktop-webmail"], ["gmail", "ios"], ["gmail", "android"]],
  "new-outlook": [["outlook", "outlook-com"]],
  "classic-outlook": [["outlook", "windows"]],
};
const OLDEST = "2013";
const FOREIGN_ACCOUNTS = /not supported with non google accounts/i;

function newest(versions, isWord) {
  const names = Object.keys(versions).sort();
  return isWord ? names.filter((name) => name >= OLDEST) : names.slice(-1);
}

// "n", "a" (partly) or "y", and the notes of what is partly supported.
function support(feature, [family, platform]) {
  const versions = feature.stats[family]?.[platform];
  if (!versions) return { level: "y", notes: "" };
  const found = newest(versions, platform === "windows").map((name) => versions[name]);
  const notes = found.flatMap((each) => each.match(/#\d+/g) ?? [])
    .map((number) => feature.notes_by_num?.[number.slice(1)] ?? "").join(" ");
  if (found.some((each) => each.startsWith("n")) || FOREIGN_ACCOUNTS.test(notes)) {
    return { level: "n", notes };
  }
  return { level: found.some((each) => each.startsWith("a")) ? "a" : "y", notes };
}

function of(feature, client) {
  const all = CLIENTS[client].map((platform) => support(feature, platform));
  return all.find(({ level }) => level === "n") ?? all.find(({ level }) => level === "a") ?? all[0];
}

// The names of what a client does not know, and what it knows on some elements only.
export function limits(client) {
  const css = [], html = [], only = {};
  for (const feature of data.data) {
    const [kind, ...rest] = feature.slug.split("-");
    const name = rest.join("-");
    const { level, notes } = of(feature, client);
    if (level === "n" && kind === "css") css.push(name);
    if (level === "n" && kind === "html") html.push(name);
    if (kind === "css" && /only supported on table cells/i.test(notes)) only[name] = ["td", "th"];
    const without = notes.match(/not supported on (.*?) elements/i);
    if (kind === "css" && without) {
      only[name] = ["not", ...without[1].match(/<\w+>/g).map((tag) => tag.slice(1, -1))];
    }
    if (feature.slug === "html-semantics" && level !== "y") html.push(...semantics(notes, level));
  }
  return { client, css, html, only };
}

function semantics(notes, level) {
  if (level === "n") return ["main", "footer", "header", "section", "article", "nav", "aside"];
  return [...notes.matchAll(/`<(\w+)>`/g)].map((found) => found[1]).filter((tag) => tag !== "time");
}

// Word reads what stands in its conditional comments, and nobody else does.
export function conditional(html, client) {
  const isWord = client === "classic-outlook";
  return html
    .replace(/<!--\[if !mso\]><!-->([\s\S]*?)<!--<!\[endif\]-->/g, isWord ? "" : "$1")
    .replace(/<!--\[if mso\]>([\s\S]*?)<!\[endif\]-->/g, isWord ? "$1" : "");
}

// Runs in the page: takes out what the client does not know.
export function strip({ client, css, html, only }) {
  const isWord = client === "classic-outlook";
  const unknown = new Set(css);
  const allowed = (property, tag) => {
    const tags = only[property.split("-")[0]] ?? only[property];
    if (!tags) return true;
    return tags[0] === "not" ? !tags.includes(tag) : tags.includes(tag);
  };
  const families = (property) => [property, property.replace(/-(top|right|bottom|left)$/, ""),
    property.replace(/-(top|right|bottom|left)-(left|right)-radius$/, "-radius")];

  function declarations(element) {
    const tag = element.tagName.toLowerCase();
    const kept = [];
    for (const part of (element.getAttribute("style") ?? "").split(";")) {
      const [property, ...value] = part.split(":").map((each) => each.trim());
      if (!property || !value.length) continue;
      if (property.startsWith("mso-")) {
        if (!isWord) continue;
        if (property === "mso-hide") kept.push("display:none");
        if (property === "mso-padding-alt") kept.push(`padding:${value.join(":")}`);
        continue;
      }
      const isHidden = property === "display" && value[0] === "none";
      const names = isHidden ? ["display-none"] : families(property);
      if (names.some((name) => unknown.has(name))) continue;
      // Word knows of display nothing but none.
      if (isWord && property === "display" && !isHidden) continue;
      if (allowed(property, tag)) kept.push(`${property}:${value.join(":")}`);
    }
    if (element.hasAttribute("style")) element.setAttribute("style", kept.join(";"));
  }

  function rules(sheet) {
    const kept = [];
    for (const rule of sheet.cssRules) {
      if (rule.type === CSSRule.MEDIA_RULE) {
        const needs = rule.conditionText.includes("prefers-color-scheme")
          ? "at-media-prefers-color-scheme" : "at-media";
        if (!unknown.has("at-media") && !unknown.has(needs)) kept.push(rule.cssText);
      } else if (rule.type === CSSRule.STYLE_RULE) {
        const body = [...rule.style].filter((name) => !families(name).some((each) => unknown.has(each)))
          .map((name) => `${name}:${rule.style.getPropertyValue(name)}`).join(";");
        if (!rule.selectorText.includes(":root")) kept.push(`${rule.selectorText}{${body}}`);
      }
    }
    return kept.join("\n");
  }

  for (const style of document.querySelectorAll("style")) {
    if (html.includes("style")) style.remove();
    else style.textContent = rules(style.sheet);
  }
  for (const meta of document.querySelectorAll('meta[name$="color-scheme"]')) meta.remove();
  document.querySelectorAll("[style]").forEach(declarations);
  for (const tag of html) {
    if (!/^[a-z0-9]+$/.test(tag) || ["style", "body", "doctype"].includes(tag)) continue;
    for (const element of document.querySelectorAll(tag)) element.replaceWith(...element.childNodes);
  }
  // The page around a mail is the client's own.
  const inner = document.createElement("div");
  inner.setAttribute("style", document.body.getAttribute("style") ?? "");
  inner.append(...document.body.childNodes);
  document.body.setAttribute("style", "margin:8px;background:#fff");
  document.body.append(inner);
}
