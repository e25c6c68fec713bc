// Filters: without this script the page shows everything.
(function () {
  "use strict";
  var form = document.getElementById("filters");
  var items = Array.prototype.slice.call(document.querySelectorAll(".item"));
  var count = document.getElementById("count");
  if (!form || !items.length) { return; }
  form.hidden = false;

  // What names no engine is our own.
  function words(item, name) {
    return (item.getAttribute("data-" + name) || (name === "engine" ? "soc2gate" : "")).split(" ");
  }

  function apply() {
    var text = form.elements.text.value.trim().toLowerCase();
    var names = ["severity", "side", "criterion", "engine"].filter(function (name) { return form.elements[name]; });
    var shown = 0;
    items.forEach(function (item) {
      var fits = names.every(function (name) {
        var wanted = form.elements[name].value;
        return !wanted || words(item, name).indexOf(wanted) >= 0;
      });
      fits = fits && (!text || item.textContent.toLowerCase().indexOf(text) >= 0);
      item.hidden = !fits;
      if (fits) { shown += 1; }
    });
    count.textContent = shown + " of " + items.length + " shown";
  }

  form.addEventListener("input", apply);
  form.addEventListener("change", apply);
  form.addEventListener("submit", function (event) { event.preventDefault(); });
  form.addEventListener("reset", function () { window.setTimeout(apply, 0); });
  apply();
})();
