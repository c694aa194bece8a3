/* A search without a server: index.js has set handoutsIndex. Words are found in
   any order; a heading counts more than a text. "/" goes to the field. */
(function () {
  var form = document.createElement("form");
  form.className = "find";
  form.setAttribute("role", "search");
  form.innerHTML = '<input type="search" placeholder="Search" aria-label="Search the handouts" ' +
    'autocomplete="off"><div class="found" hidden><p role="status"></p><ol></ol></div>';
  var header = document.querySelector(".md-header__inner");
  if (!header) return;
  header.appendChild(form);
  var field = form.querySelector("input"), box = form.querySelector(".found");
  var list = form.querySelector("ol"), status = form.querySelector("p");

  function score(entry, words) {
    var heading = entry.t.toLowerCase(), text = entry.x.toLowerCase(), total = 0;
    for (var i = 0; i < words.length; i++) {
      if (heading.indexOf(words[i]) >= 0) total += 10;
      else if (text.indexOf(words[i]) >= 0) total += 1;
      else return 0;
    }
    return total;
  }

  function show() {
    var words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
    list.textContent = "";
    box.hidden = words.length === 0;
    if (box.hidden) return;
    var hits = handoutsIndex.map(function (entry) { return [score(entry, words), entry]; })
      .filter(function (hit) { return hit[0] > 0; })
      .sort(function (a, b) { return b[0] - a[0]; });
    status.textContent = hits.length + (hits.length === 1 ? " section" : " sections");
    hits.slice(0, 12).forEach(function (hit) {
      var entry = hit[1], at = entry.x.toLowerCase().indexOf(words[0]);
      var item = document.createElement("li"), link = document.createElement("a"), text = document.createElement("span");
      link.href = entry.u;
      link.textContent = entry.t;
      text.textContent = entry.x.substr(Math.max(0, at - 30), 90);
      item.appendChild(link);
      item.appendChild(text);
      list.appendChild(item);
    });
  }

  field.addEventListener("input", show);
  form.addEventListener("submit", function (event) {
    event.preventDefault();
    var first = list.querySelector("a");
    if (first) location.href = first.href;
  });
  list.addEventListener("click", function () { box.hidden = true; });
  document.addEventListener("keydown", function (event) {
    if (event.key === "Escape") box.hidden = true;
    else if (event.key === "/" && !/^(INPUT|TEXTAREA)$/.test(document.activeElement.tagName)) {
      event.preventDefault();
      field.focus();
    }
  });
})();
