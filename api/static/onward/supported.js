// Tells the style sheets that scripts run; without it every page works as plain HTML.
document.body.classList.add("js-enabled");
if ("noModule" in HTMLScriptElement.prototype) document.body.classList.add("govuk-frontend-supported");
