-- Gives a page of Quarto's the scripts that its figures and tables need, as files next to Quarto's own.
--
-- The built-in renderer writes the same ones into its pages (race_equality.render.builtin).

local always = { "scroll.js", "take-chart.js", "charts.js" }
-- What a page that needs one of these holds: pages of this project's own have it.
local only_with = {
  { "find-trust.js", 'id="tbl-trusts"' },
  { "compare.js", 'id="compare-data"' },
  { "explore.js", 'class="vega-lite"' },
}

function Pandoc(doc)
  if not quarto.doc.is_format("html:js") then return nil end
  local needed = {}
  doc:walk({ RawBlock = function(raw)
    for _, pair in ipairs(only_with) do
      if raw.text:find(pair[2], 1, true) then needed[pair[1]] = true end
    end
  end })
  local scripts = {}
  for _, name in ipairs(always) do table.insert(scripts, name) end
  for _, pair in ipairs(only_with) do
    if needed[pair[1]] then table.insert(scripts, pair[1]) end
  end
  for position, name in ipairs(scripts) do
    scripts[position] = { name = name, path = "../web/" .. name, afterBody = true }
  end
  quarto.doc.add_html_dependency({ name = "race-equality", scripts = scripts })
end
