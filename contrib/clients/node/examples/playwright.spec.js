// Playwright: one server for each worker, a fresh view for each test. The
// application reads where to send from the environment it is started with.
import { test as base, expect } from "@playwright/test";
import { Mailstop } from "mailstop";

const test = base.extend({
  mailServer: [
    async ({}, use) => {
      const server = await Mailstop.start();
      await use(server);
      await server.stop();
    },
    { scope: "worker" },
  ],
  mailstop: async ({ mailServer }, use) => use(await mailServer.fresh()),
});

test("follows the link of the mail", async ({ page, mailstop }) => {
  await page.goto("/reset");
  await page.getByLabel("Address").fill("alice@x.test");
  await page.getByRole("button", { name: "Reset" }).click();
  const [mail] = await mailstop.wait("rcpt:alice subject:reset");
  const { text } = await mailstop.message(mail.id);
  await page.goto(text.match(/https?:\S+/)[0]);
  await expect(page).toHaveTitle("New password");
});
