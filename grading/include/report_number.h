/*
 * report_number.h - a system call that does not exist; see report.h. The harness reads it
 * from here, too.
 */
#pragma once

#define REPORT_NUMBER 0x5EED
