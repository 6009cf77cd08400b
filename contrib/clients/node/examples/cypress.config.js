// Cypress: tests run in a browser, so tasks ask the server for them.
//
//   cy.task("mail:wait", "rcpt:alice subject:welcome").then(([mail]) => ...)
//   cy.task("mail:message", mail.id).its("text").should("include", "Hello")
//   cy.task("mail:clear")
import { defineConfig } from "cypress";
import { Mailstop } from "mailstop";

export default defineConfig({
  e2e: {
    async setupNodeEvents(on, config) {
      // One that runs already, beside the application (docker compose) ...
      const url = process.env.MAILSTOP_URL;
      // ... or one of our own.
      const mailstop = url ? new Mailstop(url) : await Mailstop.start();
      on("after:run", () => mailstop.stop());
      on("task", {
        "mail:wait": (query) => mailstop.wait(query),
        "mail:message": (id) => mailstop.message(id),
        "mail:clear": async () => (await mailstop.clear(), null),
        "mail:fault": (rule) => mailstop.addFault(rule),
      });
      config.env.smtpPort = mailstop.smtpPort;
      return config;
    },
  },
});
