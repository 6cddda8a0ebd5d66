#!/bin/sh
# Builds the plugin beside its source. The header: beside it, in $MINITENSOR_INCLUDE, or in ../include.
set -eu
cd "$(dirname "$0")"
include=${MINITENSOR_INCLUDE:-../include}
if [ -f minitensor_plugin.h ]; then include=.; fi
if [ ! -f "$include/minitensor_plugin.h" ]; then
  echo "Cannot build: minitensor_plugin.h is not here; set MINITENSOR_INCLUDE to its folder" >&2
  exit 1
fi
case $(uname) in Darwin) suffix=dylib ;; *) suffix=so ;; esac
${CC:-cc} -std=c99 -O3 -Wall -Wextra -shared -fPIC -I "$include" plugin.c -o "libtemplate.$suffix" -lm
echo "built libtemplate.$suffix"
