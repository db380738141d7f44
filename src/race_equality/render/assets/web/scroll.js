// What does not scroll needs no stop of the tab key.
(function () {
  "use strict";
  var regions = document.querySelectorAll(".table-scroll, .figure-scroll");
  function look() {
    regions.forEach(function (region) {
      if (region.scrollWidth > region.clientWidth + 1) {
        region.setAttribute("tabindex", "0");
        region.setAttribute("role", "region");
      } else {
        region.removeAttribute("tabindex");
        region.removeAttribute("role");
      }
    });
  }
  window.addEventListener("load", look);
  window.addEventListener("resize", look);
})();
