// A picture that occurs again is not in the page again.
for (const copy of document.querySelectorAll("img[data-as]")) {
  copy.src = document.getElementById(copy.dataset.as).src;
}

