-- A Pandoc process for many documents: `pandoc lua translate.lua` translates one after the other.
--
-- Each line of the standard input is a request in JSON, and each line of the standard output its
-- answer (race_equality.render.pandoc). A document is read once and written in every requested
-- form. No state of a document is kept for the next.

local templates = {} -- file -> compiled

local function template(file)
  if not templates[file] then
    local handle = assert(io.open(file, "rb"))
    local text = handle:read("a")
    handle:close()
    -- with its name: Pandoc looks for its parts in the same folder
    templates[file] = pandoc.template.compile(text, file)
  end
  return templates[file]
end

local function written(doc, form)
  for _, filter in ipairs(form.filters) do
    -- a filter's globals are its own, and begin anew with each document
    local environment = setmetatable({ FORMAT = form.format }, { __index = _G })
    doc = pandoc.utils.run_lua_filter(doc, filter, environment)
  end
  local options = form.options
  options.template = template(form.template)
  return pandoc.write(doc, { format = form.format, extensions = form.extensions }, pandoc.WriterOptions(options))
end

local function translated(request)
  local texts = {}
  pandoc.mediabag.empty()
  local doc = pandoc.read(request.text, request.from)
  for _, form in ipairs(request.forms) do table.insert(texts, written(doc:clone(), form)) end
  return texts
end

io.stdout:setvbuf("full")
for line in io.stdin:lines() do
  local ok, result
  pandoc.log.silence(function()
    ok, result = pcall(function() return translated(pandoc.json.decode(line, false)) end)
  end)
  io.stdout:write(pandoc.json.encode(ok and { texts = result } or { error = tostring(result) }), "\n")
  io.stdout:flush()
end
