// What needs a script is only there where scripts run.
document.documentElement.classList.add("js");

// Paper has nothing to click on: what is folded away is opened for it, and closed again.
{
  const folded = [];
  addEventListener("beforeprint", () => {
    for (const details of document.querySelectorAll("details:not([open])")) {
      details.open = true;
      folded.push(details);
    }
  });
  addEventListener("afterprint", () => {
    for (const details of folded.splice(0)) details.open = false;
  });
}
