"""Where the processes of a build find results on all trusts. The process that builds needs no more of them than this."""

#: Names the folder of the build in which results are kept. The build names it after the code and
#: the installed versions, so a result of other code is never read.
FOLDER_VARIABLE = "RACE_EQUALITY_CACHE"
