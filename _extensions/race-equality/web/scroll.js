// What does not scroll needs no stop of the tab key, and no name as a region.
(function () {
  "use strict";
  var regions = Array.prototype.map.call(
    document.querySelectorAll(".table-scroll, .figure-scroll"),
    function (region) { return { element: region, label: region.getAttribute("aria-label") }; }
  );
  function look() {
    regions.forEach(function (region) {
      var element = region.element;
      var scrolls = element.scrollWidth > element.clientWidth; // by a pixel too, as tools that check pages count
      [["tabindex", "0"], ["role", "region"], ["aria-label", region.label]].forEach(function (attribute) {
        if (scrolls) element.setAttribute(attribute[0], attribute[1]);
        else element.removeAttribute(attribute[0]);
      });
    });
  }
  window.addEventListener("load", look);
  window.addEventListener("resize", look);
  if (document.fonts) document.fonts.addEventListener("loadingdone", look); // the site's font may come after the page
})();
