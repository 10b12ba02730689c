/* Sorting and filtering of the tables; the dossier is complete without it. */
(function () {
  "use strict";
  function value(row, column) {
    var cell = row.cells[column], number = cell.getAttribute("data-v");
    if (number !== null) return parseFloat(number);
    return cell.className === "none" ? null : cell.textContent;
  }
  function compare(a, b, down) {
    if (a === null || b === null) return (a === null) - (b === null); /* missing values stay at the end */
    var order = typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b));
    return down ? -order : order;
  }
  function sort(table, head, column) {
    var down = head.getAttribute("aria-sort") === "ascending" ||
      (!head.hasAttribute("aria-sort") && head.classList.contains("n"));
    var body = table.tBodies[0], rows = Array.from(body.rows);
    rows.sort(function (a, b) { return compare(value(a, column), value(b, column), down); });
    rows.forEach(function (row) { body.appendChild(row); });
    table.querySelectorAll("th").forEach(function (th) { th.removeAttribute("aria-sort"); });
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
  }
  function makeSortable(table) {
    Array.from(table.tHead.rows[0].cells).forEach(function (head, column) {
      var button = document.createElement("button"), unit = head.querySelector("small");
      button.type = "button";
      while (head.firstChild && head.firstChild !== unit) button.appendChild(head.firstChild);
      head.insertBefore(button, unit);
      button.addEventListener("click", function () { sort(table, head, column); });
    });
  }
  function makeFilter(table) {
    var rows = Array.from(table.tBodies[0].rows), box = document.createElement("input"), scroll = table.parentNode;
    if (rows.length < 8) return;
    box.type = "search";
    box.className = "filter";
    box.placeholder = "Filter these " + rows.length + " rows";
    box.setAttribute("aria-label", box.placeholder);
    box.addEventListener("input", function () {
      var wanted = box.value.trim().toLowerCase();
      rows.forEach(function (row) { row.hidden = wanted !== "" && row.textContent.toLowerCase().indexOf(wanted) < 0; });
    });
    scroll.parentNode.insertBefore(box, scroll);
  }
  document.querySelectorAll("table.sortable").forEach(function (table) {
    makeSortable(table);
    makeFilter(table);
  });
})();
