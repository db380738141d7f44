-- What Word documents, and the like, need when all of Quarto's own filters have run.

local is_docx = FORMAT == "docx"

-- Pandoc writes a picture's caption as its alternative text, where Quarto has none by then.
local function with_alternative_text(image)
  local text = image.attributes["fig-alt"] or image.attributes.alt
  if text and #image.caption == 0 then image.caption = { pandoc.Str(text) } end
  return image
end

-- Programs other than Word show no SVG, and Pandoc needs one of its own to make a PNG of it: Quarto's typst makes it here,
-- with the font of the extension.
local RESOLUTION = 220
local TEXT_WIDTH_PX = 642 -- between the margins of reference.docx
local fonts = quarto and quarto.utils.resolve_path("../fonts")

local function write(file, contents)
  local handle = assert(io.open(file, "wb"))
  handle:write(contents)
  handle:close()
end

local function png_of(svg)
  return pandoc.system.with_temporary_directory("word", function(folder)
    write(pandoc.path.join({ folder, "picture.svg" }), svg)
    local page = pandoc.path.join({ folder, "page.typ" })
    write(page, '#set page(width: auto, height: auto, margin: 0pt, fill: white)\n#set text(font: "Arimo")\n'
      .. '#image("picture.svg")\n')
    local png = pandoc.path.join({ folder, "page.png" })
    pandoc.pipe(quarto.config.cli_path(),
      { "typst", "compile", "--font-path", fonts, "--ppi", tostring(RESOLUTION), page, png }, "")
    local handle = assert(io.open(png, "rb"))
    local contents = handle:read("a")
    handle:close()
    return contents
  end)
end

local function as_png(image)
  local ok, mime, svg = pcall(pandoc.mediabag.fetch, image.src)
  if not ok or not svg or not ((mime or ""):match("svg") or image.src:match("%.svg$")) then return image end
  local made, png = pcall(png_of, svg)
  if not made then return image end -- Word shows the SVG
  local width = tonumber(svg:match("<svg[^>]-%swidth=[\"']([%d.]+)") or "")
  if width and not image.attributes.width then
    image.attributes.width = width > TEXT_WIDTH_PX and "100%" or width .. "px"
  end
  image.src = pandoc.utils.sha1(svg) .. ".png"
  pandoc.mediabag.insert(image.src, "image/png", png)
  return image
end

-- Quarto puts each figure and each table into the only cell of another table, in its middle, which is in the way of whoever
-- pastes it and of a screen reader.
local function float_in(tbl)
  local body = tbl.bodies[1]
  if #tbl.head.rows > 0 or #tbl.bodies ~= 1 or #body.body ~= 1 or #body.body[1].cells ~= 1 then return nil end
  local content = body.body[1].cells[1].contents
  local float = content[1]
  local kind = #content == 1 and float.t == "Div" and float.identifier:match("^(%a+)%-")
  if not kind then return nil end
  for position, block in ipairs(float.content) do
    local first = block.t == "Para" and block.content[1]
    if first and first.t == "RawInline" and first.text:match("ImageCaption") then
      block.content:remove(1)
      local style = kind == "tbl" and "Table Caption" or "Image Caption"
      float.content[position] = pandoc.Div({ block }, pandoc.Attr("", {}, { ["custom-style"] = style }))
    end
  end
  return float
end

local function dressed(tbl)
  local float = float_in(tbl)
  if float then return float end
  if #tbl.head.rows > 0 then tbl.attributes["custom-style"] = "Report" end
  return tbl
end

if FORMAT:match("html") or FORMAT:match("typst") then return {} end
return { {
  Image = function(image)
    image = with_alternative_text(image)
    return is_docx and as_png(image) or image
  end,
  Table = is_docx and dressed or nil,
} }
