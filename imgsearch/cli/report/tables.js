// Tables that can be sorted: a click on a head sorts by that column, another one the other way round.
{
  const collator = new Intl.Collator(undefined, { numeric: true });
  const worth = (row, column) => {
    const text = row.cells[column].textContent.trim();
    const value = Number.parseFloat(text.replaceAll(",", ""));
    return row.cells[column].classList.contains("n") ? (Number.isNaN(value) ? null : value) : text;
  };

  function sort(table, column, ascending) {
    const body = table.tBodies[0];
    const keyed = [...body.rows].map((row) => [worth(row, column), row]);
    keyed.sort(([one], [other]) => {
      if (one === null || other === null) return (one === null) - (other === null); // what is missing comes last
      const order = typeof one === "number" ? one - other : collator.compare(one, other);
      return ascending ? order : -order;
    });
    body.append(...keyed.map(([, row]) => row));
    [...table.tHead.rows[0].cells].forEach((head, number) => {
      if (number === column) head.setAttribute("aria-sort", ascending ? "ascending" : "descending");
      else head.removeAttribute("aria-sort");
    });
  }

  for (const table of document.querySelectorAll("table.sortable")) {
    [...table.tHead.rows[0].cells].forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => sort(table, column, head.getAttribute("aria-sort") !== "ascending"));
    });
    const label = document.createElement("label");
    const field = document.createElement("input");
    field.type = "search";
    field.addEventListener("input", () => {
      const wanted = field.value.trim().toLowerCase();
      for (const row of table.tBodies[0].rows) row.hidden = !row.cells[0].textContent.toLowerCase().includes(wanted);
    });
    label.append("Find a class ", field);
    label.className = "find";
    table.parentElement.before(label);
  }
}

