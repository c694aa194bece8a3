/* What scrolls sideways can be reached and scrolled with the keyboard. */
document.querySelectorAll(".md-typeset pre > code, .md-typeset .md-typeset__scrollwrap").forEach(function (box) {
  box.tabIndex = 0;
});
