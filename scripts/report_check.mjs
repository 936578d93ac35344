// Looks at a report as a reader's browser does: node scripts/report_check.mjs REPORT.html PICTURES
//
// No error on the console and nothing loaded, tables that sort by numbers, the dark page is another one, nothing wider than a phone,
// links of the contents lead somewhere, and axe-core finds nothing serious. Leaves pictures to be looked at.
import { mkdirSync, statSync } from "node:fs";
import { createRequire } from "node:module";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";

const require = createRequire(resolve(process.env.REPORT_CHECK_MODULES, "x.js"));
const { chromium } = require("playwright-core");
const axe = require.resolve("axe-core/axe.min.js");
const [file, pictures] = process.argv.slice(2);
const address = pathToFileURL(resolve(file)).href;
mkdirSync(pictures, { recursive: true });
let failed = 0;
const check = (holds, what, detail = "") => {
  if (!holds) failed += 1;
  console.log(`${holds ? "ok" : "FAILED"}: ${what}${holds || !detail ? "" : `: ${detail}`}`);
};

const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: ["--no-sandbox"] });
const open = async (colorScheme, width, height) => {
  const context = await browser.newContext({ colorScheme, viewport: { width, height } });
  const page = await context.newPage();
  const faults = [];
  page.on("console", (message) => message.type() === "error" && faults.push(message.text()));
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("request", (request) => request.url() !== address && faults.push(`asks for ${request.url()}`));
  await page.goto(address);
  return { page, faults };
};
const violations = async (page) => {
  await page.addScriptTag({ path: axe });
  const { violations } = await page.evaluate(() => axe.run());
  return violations.filter((one) => ["serious", "critical"].includes(one.impact))
    .map((one) => `${one.id} (${one.nodes.length}, such as ${one.nodes[0].html.slice(0, 160)})`);
};

check(statSync(file).size <= 5 * 1024 * 1024, "at most 5 MB", `${statSync(file).size} bytes`);

const light = await open("light", 1280, 900);
await light.page.screenshot({ path: `${pictures}/light.png` });
await light.page.screenshot({ path: `${pictures}/light-whole.png`, fullPage: true });
check(light.faults.length === 0, "no error on the console, nothing loaded", light.faults.join("; "));
const broken = await light.page.evaluate(() =>
  [...document.querySelectorAll('a[href^="#"]')].map((link) => link.hash.slice(1)).filter((id) => !document.getElementById(id)));
check(broken.length === 0, "every link leads somewhere", broken.join(", "));
const ids = await light.page.evaluate(() => {
  const all = [...document.querySelectorAll("[id]")].map((element) => element.id);
  return all.filter((id, place) => all.indexOf(id) !== place);
});
check(ids.length === 0, "no id is there twice", ids.join(", "));
const unsorted = await light.page.evaluate(() => {
  const wrong = [];
  for (const table of document.querySelectorAll("main table")) {
    [...table.tHead.rows[0].cells].forEach((head, column) => {
      for (const way of [1, -1]) {
        head.querySelector("button").click();
        const values = [...table.tBodies[0].rows].map((row) => row.cells[column].dataset.value).filter((value) => value !== undefined);
        const said = head.getAttribute("aria-sort");
        const sorted = values.every((value, place) => place === 0 || way * (Number(value) - Number(values[place - 1])) >= 0);
        if (!sorted || said !== (way > 0 ? "ascending" : "descending")) wrong.push(`${table.caption.textContent}: ${head.textContent}`);
      }
    });
  }
  return wrong;
});
check(unsorted.length === 0, "every column of every table sorts both ways", unsorted.join("; "));
const background = (page) => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
const ink = (page) => page.evaluate(() => {
  const drawn = document.querySelector('svg [fill="#000000"]');
  return drawn && getComputedStyle(drawn).fill;
});
const [paper, black] = [await background(light.page), await ink(light.page)];
await light.page.click("#theme");
check((await background(light.page)) !== paper, "the switch makes the page dark");
await light.page.click("#theme");
check((await background(light.page)) === paper, "and light again");
await light.page.evaluate(() => document.querySelectorAll("details").forEach((part) => (part.open = true)));
const inLight = await violations(light.page);
check(inLight.length === 0, "axe finds nothing serious in the light", inLight.join("; "));
await light.page.keyboard.press("Tab");
for (let step = 0; step < 3; step += 1) await light.page.keyboard.press("Tab");
check(await light.page.evaluate(() => document.activeElement !== document.body), "the keyboard reaches the page");

const dark = await open("dark", 1280, 900);
await dark.page.screenshot({ path: `${pictures}/dark.png` });
await dark.page.screenshot({ path: `${pictures}/dark-whole.png`, fullPage: true });
check((await background(dark.page)) !== paper, "the dark page is dark");
check(black === null || (await ink(dark.page)) !== black, "figures are drawn in light ink there");
await dark.page.evaluate(() => document.querySelectorAll("details").forEach((part) => (part.open = true)));
const inDark = await violations(dark.page);
check(inDark.length === 0, "axe finds nothing serious in the dark", inDark.join("; "));

const phone = await open("light", 390, 844);
await phone.page.screenshot({ path: `${pictures}/phone.png` });
await phone.page.screenshot({ path: `${pictures}/phone-whole.png`, fullPage: true });
await phone.page.evaluate(() => document.querySelectorAll("main details").forEach((part) => (part.open = true)));
const width = await phone.page.evaluate(() => document.documentElement.scrollWidth);
check(width <= 390, "nothing is wider than a phone", `${width} px`);
const onPhone = await violations(phone.page);
check(onPhone.length === 0, "axe finds nothing serious on a phone", onPhone.join("; "));
await phone.page.emulateMedia({ media: "print" });
await phone.page.screenshot({ path: `${pictures}/print.png` });

await browser.close();
console.log(failed === 0 ? `all well; pictures are in ${pictures}` : `${failed} checks failed`);
process.exit(failed === 0 ? 0 : 1);
